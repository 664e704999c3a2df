using System.Text;
using CsCheck;
using Iskandar.Protocol.Json;

namespace Iskandar.Tests.Protocol.Json;

/// <summary>No bytes make the reader throw, and none make it believe half a message.</summary>
public sealed class JsonMessageFuzzTests
{
    private const int Iterations = 5_000;

    private static readonly string[] Valid =
    [
        """{"type":"request","id":"17","method":"POST","path":"/api/items?draft=1","headers":{"host":"a.example.com","x":["1",2,null]},"body":"eyJhIjoxfQ=="}""",
        """{"type":"response","id":"17","status":200,"headers":{"content-type":"text/plain","set-cookie":"a=1, b=2"},"setCookies":["a=1","b=2"],"body":"aGVsbG8=","done":false}""",
        """{"type":"response","id":"17","body":"\/\/\/\/","done":true,"error":"origin_failed","unknown":{"a":[1,{"b":null}]}}""",
        """{"type":"credit","id":"17","bytes":131072}""",
        """{"id":"é\u00e9\ud83d\ude00","headers":{"\u0078":"€\t"},"path":"\u002f"}""",
    ];

    private static readonly Gen<byte[]> Seed = Gen.OneOf([.. Valid.Select(Encoding.UTF8.GetBytes)]);

    public static TheoryData<string> ValidMessages => new(Valid);

    [Theory]
    [MemberData(nameof(ValidMessages))]
    public void Truncated_AtEveryByte_InvalidAndNeverThrows(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Assert.True(Codec.Read(bytes).IsValid);
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.False(Codec.Read(bytes.AsSpan(0, length)).IsValid, $"As a whole message, the first {length} bytes.");
        }
    }

    [Theory]
    [MemberData(nameof(ValidMessages))]
    public void Beginning_OfEveryLength_NeverBelieved(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.False(Codec.Read(bytes.AsSpan(0, length), isWhole: false).IsValid, $"As a beginning: {Encoding.UTF8.GetString(bytes, 0, length)}");
        }
    }

    [Theory]
    [InlineData("""{"type":"response","headers":{"x":"y"},"setCookies":["a","b"],"unknown":{"a":[{}]},"status":200,"id":"17","body":"AAAA""")]
    [InlineData("""{"headers":{"x":{"wrong":"type"}},"id":"17","body":"AAAA""")]
    [InlineData("""{"headers":["wrong","type"],"id":"17","body":"AAAA""")]
    [InlineData("""{"setCookies":{"wrong":"type"},"id":"17","body":"AAAA""")]
    [InlineData("""{"setCookies":[["wrong"]],"id":"17","body":"AAAA""")]
    [InlineData("""{"status":{"wrong":"type"},"id":"17","body":"AAAA""")]
    public void Beginning_IdInIt_Found(string text) => Assert.Equal("17", Codec.Read(text, isWhole: false).Id);

    [Fact]
    public void RandomBytes_Any_NeverThrow() => Gen.Select(Gen.Byte.Array[0, 300], Gen.Bool).Sample(Check, iter: Iterations);

    [Fact]
    public void RandomText_OfJsonCharacters_NeverThrows() => Gen.Select(
            Gen.Char["{}[]\":,\\u0123456789abcdefitrsnldy\n "].Array[0, 200].Select(static text => Encoding.UTF8.GetBytes("{\"id\":\"1\"," + new string(text))), Gen.Bool)
        .Sample(Check, iter: Iterations);

    [Fact]
    public void ValidMessage_BytesReplaced_NeverThrows() => Gen.Select(Seed, Gen.Select(Gen.Int[0, 200], Gen.Byte).Array[1, 5], Gen.Bool).Sample(
        static (seed, changes, isWhole) =>
        {
            var bytes = (byte[])seed.Clone();
            foreach (var (at, value) in changes)
            {
                bytes[at % bytes.Length] = value;
            }

            return Check(bytes, isWhole);
        },
        iter: Iterations);

    [Fact]
    public void ValidMessages_CutAndJoined_NeverThrow() => Gen.Select(Seed, Gen.Int[0, 200], Seed, Gen.Int[0, 200], Gen.Bool).Sample(
        static (left, leftLength, right, rightStart, isWhole) =>
            Check([.. left.AsSpan(0, leftLength % left.Length), .. right.AsSpan(rightStart % right.Length)], isWhole),
        iter: Iterations);

    private static bool Check(byte[] bytes, bool isWhole)
    {
        var message = Codec.Read(bytes, isWhole);
        Assert.True(message.Id.Length <= JsonMessage.LongestId);
        return message.Fields.Length <= 2 * JsonHeaders.MostLines;
    }
}
