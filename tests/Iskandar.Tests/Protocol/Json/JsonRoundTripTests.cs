using System.Text;
using CsCheck;
using Iskandar.Protocol.Json;
using Iskandar.Protocol.Messages;

namespace Iskandar.Tests.Protocol.Json;

/// <summary>Whatever HTTP allows is the same after it was written and read.</summary>
public sealed class JsonRoundTripTests
{
    private const int Iterations = 2_000;

    private static readonly Gen<string> Token =
        Gen.Char["!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"].Array[1, 80].Select(static text => new string(text));

    private static readonly Gen<string> Name = Gen.OneOf(
        Token, Gen.OneOf("Accept", "Cookie", "HOST", "content-type", "Content-Length", "X-Forwarded-For", "ETag", "If-None-Match"));

    // Visible ASCII, SP, HTAB and obs-text, without white space around (RFC 9110 section 5.5).
    private static readonly Gen<string> Value = Gen.OneOf(
            Gen.Char[(char)0x20, (char)0x7E].Array[0, 40],
            Gen.Char[(char)0x80, (char)0xFF].Array[0, 40],
            Gen.OneOf(Gen.Const('\t'), Gen.Char[(char)0x20, (char)0x7E], Gen.Char[(char)0x80, (char)0xFF]).Array[0, 40])
        .Select(static text => new string(text).Trim(' ', '\t'));

    private static readonly Gen<(string Name, string[] Values)[]> Section =
        Gen.Select(Name, Value.Array[1, 3]).Array[0, 30].Select(static section =>
            section.Where(static field => !field.Item1.Equals("Set-Cookie", StringComparison.OrdinalIgnoreCase))
                .DistinctBy(static field => field.Item1, StringComparer.OrdinalIgnoreCase)
                .ToArray());

    private static readonly Gen<byte[]> Content = Gen.OneOf(Gen.Byte.Array[0, 20], Gen.Byte.Array[0, 2_000], Gen.Byte.Array[16_380 * 3, 16_390 * 3]);

    private static readonly Gen<string> Target =
        Gen.Char[(char)0x21, (char)0x7E].Array[0, 60].Select(static text => "/" + new string(text));

    [Fact]
    public void Request_ArbitraryHeadAndBody_ReadAsWritten() => Gen.Select(Gen.ULong, Token, Target, Section, Content).Sample(
        static (id, method, target, section, content) =>
        {
            var head = Codec.Request(method, target, Lines(section));

            var read = Codec.Read(Codec.Write(output => JsonMessageWriter.WriteRequest(output, id, head, content)));

            Assert.Equal((JsonMessageType.Request, $"{id}", method, target), (read.Type, read.Id, read.Method!, read.Path!));
            AssertSame(section, content, read);
        },
        iter: Iterations);

    [Fact]
    public void Response_ArbitraryHeadAndBody_ReadAsWritten() => Gen.Select(Token, Gen.Int[200, 599], Section, Content, Gen.Bool).Sample(
        static (id, status, section, content, done) =>
        {
            var head = Codec.Response(status, Lines(section));

            var read = Codec.Read(Codec.Write(output => JsonMessageWriter.WriteResponse(output, id, head, content, done)));

            Assert.Equal((JsonMessageType.Response, id, status, done), (read.Type, read.Id, read.Status!.Value, read.Done));
            AssertSame(section, content, read);
        },
        iter: Iterations);

    [Fact]
    public void Response_ArbitraryCookies_KeptApart() => Value.Array[0, 5].Sample(
        static cookies =>
        {
            var head = Codec.Response(200, [.. cookies.Select(static cookie => new Field("Set-Cookie", cookie))]);

            var read = Codec.Read(Codec.Write(output => JsonMessageWriter.WriteResponse(output, "1", head, default, done: true)));

            Assert.True(read.IsValid);
            Assert.Equal(cookies, read.Values("Set-Cookie"));
        },
        iter: Iterations);

    [Fact]
    public void Content_ArbitraryBody_ReadAsWritten() => Gen.Select(Token, Content, Gen.Bool).Sample(
        static (id, content, done) =>
        {
            var read = Codec.Read(Codec.Write(output => JsonMessageWriter.WriteContent(output, id, content, done)));

            Assert.Equal((id, done, true, null), (read.Id, read.Done, read.IsValid, read.Status));
            Assert.Equal(content, read.Body);
        },
        iter: Iterations);

    [Fact]
    public void CancelAndCredit_ArbitraryNumbers_ReadAsWritten() => Gen.Select(Gen.ULong, Gen.Long[0, long.MaxValue]).Sample(
        static (id, bytes) =>
        {
            var cancel = Codec.Read(Codec.Write(output => JsonMessageWriter.WriteCancel(output, id)));
            var credit = Codec.Read(Codec.Write(output => JsonMessageWriter.WriteCredit(output, id, bytes)));

            Assert.Equal((JsonMessageType.Cancel, $"{id}", true), (cancel.Type, cancel.Id, cancel.IsValid));
            Assert.Equal((JsonMessageType.Credit, $"{id}", bytes, true), (credit.Type, credit.Id, credit.Bytes, credit.IsValid));
        },
        iter: Iterations);

    [Fact]
    public void Registration_ArbitraryMembers_ReadAsWritten() =>
        Gen.Select(Token, Gen.Null(Token), Gen.Nullable(Gen.Long[0, long.MaxValue]), Gen.Nullable(Gen.Long[0, long.MaxValue])).Sample(
            static (subdomain, url, maxMessage, window) =>
            {
                var registration = new Registration { Subdomain = subdomain, Url = url, MaxMessage = maxMessage, Window = window };

                var read = JsonRegistration.Read(Encoding.UTF8.GetBytes(Codec.Write(output => JsonMessageWriter.WriteRegistration(output, registration))))!;

                Assert.Equal((subdomain, url, maxMessage, window), (read.Subdomain, read.Url, read.MaxMessage, read.Window));
            },
            iter: Iterations);

    private static Field[] Lines((string Name, string[] Values)[] section) =>
        [.. section.SelectMany(static field => field.Values.Select(value => new Field(field.Name, value)))];

    private static void AssertSame((string Name, string[] Values)[] section, byte[] content, ReadMessage read)
    {
        Assert.True(read.IsValid);
        Assert.Equal(content, read.Body);
        Assert.Equal(section.Select(Joined), read.Fields.Select(static field => (field.Name.ToUpperInvariant(), field.Value)));
    }

    private static (string Name, string Value) Joined((string Name, string[] Values) field)
    {
        var name = field.Name.ToUpperInvariant();
        return (name, string.Join(name == "COOKIE" ? "; " : ", ", field.Values).Trim(' ', '\t'));
    }
}
