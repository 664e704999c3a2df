namespace Iskandar.Tests.Protocol.Json;

/// <summary>What a reader doesn't take. A fault never hides the id that stood before it, and never throws.</summary>
public sealed class JsonMessageFaultTests
{
    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("x")]
    [InlineData("17")]
    [InlineData("\"17\"")]
    [InlineData("null")]
    [InlineData("true")]
    [InlineData("[]")]
    [InlineData("[{\"id\":\"1\"}]")]
    [InlineData("{\"id\"}")]
    [InlineData("{id:\"1\"}")]
    [InlineData("{'id':'1'}")]
    [InlineData("\ufeff{\"id\":\"1\"}")]
    public void Message_NotAnObject_InvalidWithoutId(string text)
    {
        var message = Codec.Read(text);

        Assert.Equal((false, ""), (message.IsValid, message.Id));
    }

    [Theory]
    [InlineData("""{"id":"1",}""")]
    [InlineData("""{"id":"1"}}""")]
    [InlineData("""{"id":"1"}{"id":"2"}""")]
    [InlineData("""{"id":"1"} x""")]
    [InlineData("""{"id":"1" "done":true}""")]
    [InlineData("""{"id":"1","done":tru}""")]
    [InlineData("""{"id":"1","status":01}""")]
    [InlineData("""{"id":"1","body":"a""")]
    [InlineData("""{"id":"1","unknown":{"a":[}}""")]
    [InlineData("""{"id":"1"/* c */}""")]
    [InlineData("{\"id\":\"1\",\"path\":\"/\n\"}")]
    public void Message_NotJsonAfterTheId_InvalidWithTheId(string text)
    {
        var message = Codec.Read(text);

        Assert.Equal((false, "1"), (message.IsValid, message.Id));
    }

    [Theory]
    [InlineData("\"type\":1")]
    [InlineData("\"type\":{}")]
    [InlineData("\"type\":true")]
    [InlineData("\"method\":1")]
    [InlineData("\"method\":[\"GET\"]")]
    [InlineData("\"path\":false")]
    [InlineData("\"path\":{\"a\":1}")]
    [InlineData("\"headers\":\"a: b\"")]
    [InlineData("\"headers\":[[\"a\",\"b\"]]")]
    [InlineData("\"headers\":1")]
    [InlineData("\"headers\":true")]
    [InlineData("\"headers\":{\"a\":{\"b\":\"c\"}}")]
    [InlineData("\"headers\":{\"a\":[[\"b\"]]}")]
    [InlineData("\"headers\":{\"a\":[{\"b\":1}]}")]
    [InlineData("\"setCookies\":\"a=1\"")]
    [InlineData("\"setCookies\":{\"a\":\"1\"}")]
    [InlineData("\"setCookies\":[[\"a=1\"]]")]
    [InlineData("\"status\":\"200\"")]
    [InlineData("\"status\":200.5")]
    [InlineData("\"status\":99999999999")]
    [InlineData("\"status\":true")]
    [InlineData("\"body\":1")]
    [InlineData("\"body\":true")]
    [InlineData("\"body\":[1,2]")]
    [InlineData("\"body\":{}")]
    [InlineData("\"done\":\"true\"")]
    [InlineData("\"done\":1")]
    [InlineData("\"error\":1")]
    [InlineData("\"error\":true")]
    [InlineData("\"bytes\":\"1\"")]
    [InlineData("\"bytes\":1e99")]
    public void Member_WrongType_InvalidAndTheOthersTaken(string member)
    {
        foreach (var text in (string[])[$$"""{"id":"1",{{member}},"unknown":[]}""", $$"""{"unknown":{},{{member}},"id":"1"}"""])
        {
            var message = Codec.Read(text);

            Assert.Equal((false, "1"), (message.IsValid, message.Id));
        }
    }

    [Theory]
    [InlineData("1")]
    [InlineData("true")]
    [InlineData("[\"1\"]")]
    [InlineData("{\"id\":\"1\"}")]
    [InlineData("null")]
    [InlineData("\"\"")]
    public void Id_NoText_IsNone(string id) => Assert.Equal("", Codec.Read($$"""{"id":{{id}},"done":true}""").Id);

    [Theory]
    [InlineData("%")]
    [InlineData("a")]
    [InlineData("ab")]
    [InlineData("abc")]
    [InlineData("abcde")]
    [InlineData("ab=c")]
    [InlineData("a===")]
    [InlineData("====")]
    [InlineData("YQ==YQ==")]
    [InlineData("YQ")]
    [InlineData("_-__")]
    [InlineData("YWJ é")]
    [InlineData("\\ud800")]
    public void Body_NotBase64_NotDecoded(string body)
    {
        var message = Codec.Read($$"""{"id":"1","body":"{{body}}"}""");

        Assert.Equal("1", message.Id);
        Assert.True(message.Body is null || !message.IsValid);
    }

    [Theory]
    [InlineData("Y Q==", "a")]
    [InlineData("YWJj\\n", "abc")]
    [InlineData("\\r\\nYWJj", "abc")]
    public void Body_WhiteSpaceInBase64_PassedOver(string body, string expected)
    {
        // Encoders made for mail break their lines (RFC 2045 section 6.8), and many languages have no other.
        Assert.Equal(expected, System.Text.Encoding.ASCII.GetString(Codec.Read($$"""{"id":"1","body":"{{body}}"}""").Body!));
    }

    [Theory]
    [InlineData("\\r\\n")]
    [InlineData("a\\r\\nX-Injected: 1")]
    [InlineData("a\\nb")]
    [InlineData("a\\rb")]
    [InlineData("a\\u0000b")]
    [InlineData("a\\u007fb")]
    [InlineData("a\\u001bb")]
    public void FieldValue_ControlCharacter_Invalid(string value)
    {
        foreach (var text in (string[])[
            $$"""{"id":"1","headers":{"x":"{{value}}"} }""",
            $$"""{"id":"1","headers":{"x":["a","{{value}}"]} }""",
            $$"""{"id":"1","setCookies":["a=1","{{value}}"]}"""])
        {
            var message = Codec.Read(text);

            Assert.Equal((false, "1"), (message.IsValid, message.Id));
            Assert.DoesNotContain(message.Fields, static field => field.Value.AsSpan().IndexOfAny("\r\n\0\u007f\u001b") >= 0);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("a b")]
    [InlineData("a:")]
    [InlineData(":path")]
    [InlineData("a\\r\\nb")]
    [InlineData("a\\u0000")]
    [InlineData("é")]
    [InlineData("a\\u20ac")]
    [InlineData("a(b)")]
    public void FieldName_NoToken_Invalid(string name)
    {
        var message = Codec.Read($$"""{"id":"1","headers":{"{{name}}":"x"} }""");

        Assert.Equal((false, "1"), (message.IsValid, message.Id));
    }

    [Theory]
    [InlineData("\"path\":\"/\\ud800\"")]
    [InlineData("\"method\":\"\\udc00\"")]
    [InlineData("\"headers\":{\"x\":\"\\ud800\"}")]
    [InlineData("\"headers\":{\"\\ud800\":\"x\"}")]
    [InlineData("\"headers\":{\"x\":[\"\\ud800x\"]}")]
    [InlineData("\"setCookies\":[\"\\ud800\"]")]
    [InlineData("\"error\":\"\\ud800\"")]
    public void Text_LoneSurrogate_Invalid(string member)
    {
        var message = Codec.Read($$"""{"id":"1",{{member}}}""");

        Assert.Equal((false, "1"), (message.IsValid, message.Id));
    }

    [Fact]
    public void Id_LoneSurrogate_IsNone()
    {
        var message = Codec.Read("""{"id":"\ud800"}""");

        Assert.Equal((false, ""), (message.IsValid, message.Id));
    }

    [Fact]
    public void Fields_OneTooMany_Invalid()
    {
        var lines = string.Join(',', Enumerable.Range(0, 1001).Select(static i => $"\"x-{i}\":\"{i}\""));
        var array = string.Join(',', Enumerable.Range(0, 1001).Select(static i => $"\"{i}\""));

        Assert.False(Codec.Read($$"""{"id":"1","headers":{ {{lines}} } }""").IsValid);
        Assert.False(Codec.Read($$"""{"id":"1","headers":{"x":[{{array}}]} }""").IsValid);
        Assert.False(Codec.Read($$"""{"id":"1","setCookies":[{{array}}]}""").IsValid);
    }

    [Fact]
    public void Fields_OneTooManyWithTheCookies_Invalid()
    {
        var headers = string.Join(',', Enumerable.Range(0, 600).Select(static i => $"\"x-{i}\":\"{i}\""));
        var cookies = string.Join(',', Enumerable.Range(0, 401).Select(static i => $"\"c{i}=1\""));

        Assert.False(Codec.Read($$"""{"id":"1","headers":{ {{headers}} },"setCookies":[{{cookies}}]}""").IsValid);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(100_000)]
    public void Nesting_TooDeep_InvalidWithTheIdBefore(int depth)
    {
        var nested = new string('[', depth) + new string(']', depth);

        var message = Codec.Read($$"""{"id":"1","unknown":{{nested}},"done":true}""");

        Assert.Equal((false, "1", false), (message.IsValid, message.Id, message.Done));
    }
}
