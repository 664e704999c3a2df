using System.Text;
using CsCheck;
using Iskandar.Protocol.Json;
using Iskandar.Protocol.Messages;

namespace Iskandar.Tests.Protocol.Json;

public sealed class MessageSizesTests
{
    private const int SafePiece = 32 * 1024;
    private const int MostPiece = 64 * 1024;

    // What an application may put into a field, valid or not: what JSON makes longest is among it.
    private static readonly Gen<string> Text = Gen.OneOf(
        Gen.Char[(char)0x20, (char)0x7E].Array[0, 300],
        Gen.Char[(char)0x00, (char)0xFF].Array[0, 300],
        Gen.Char["\u0080\u0001\"\\\uFFFF\u20AC"].Array[0, 300]).Select(static text => new string(text));

    private static readonly Gen<(string Name, string Value)[]> Fields =
        Gen.Select(Gen.OneOf(Gen.Const("Set-Cookie"), Gen.Char['a', 'z'].Array[1, 60].Select(static name => new string(name))), Text).Array[0, 20];

    private static readonly Gen<string> Id = Gen.OneOf(Gen.Const("1"), Gen.Char[(char)0x20, (char)0x24FF].Array[1, 128].Select(static id => new string(id)));

    [Fact]
    public void Content_BehindAnyHead_MessageUnderTheLimit() => Gen.Select(Gen.Long[200, 200_000], Id, Fields).Sample(
        static (maxMessage, id, fields) =>
        {
            var head = Codec.Response(200, [.. fields.Select(static field => new Field(field.Name, field.Value))]);
            var sizes = new MessageSizes(maxMessage, id);
            var content = sizes.MostContentWith(head);

            Assert.InRange(content, 0, MostPiece);
            if (content > 0)
            {
                var message = Codec.Write(output => JsonMessageWriter.WriteResponse(output, id, head, new byte[content], done: false));
                Assert.True(Encoding.UTF8.GetByteCount(message) <= maxMessage);
            }
        },
        iter: 1_000);

    [Fact]
    public void Content_WithoutHead_MessageUnderTheLimitAndAtLeastOneByte() => Gen.Select(Gen.Long[1, 200_000], Id).Sample(
        static (maxMessage, id) =>
        {
            var content = new MessageSizes(maxMessage, id).MostContent;

            Assert.InRange(content, 1, MostPiece);
            var message = Codec.Write(output => JsonMessageWriter.WriteContent(output, id, new byte[content], done: false));
            Assert.True(content == 1 || Encoding.UTF8.GetByteCount(message) <= maxMessage);
        },
        iter: 1_000);

    [Theory]
    [InlineData(null, SafePiece)]
    [InlineData(16L * 1024 * 1024, MostPiece)]
    [InlineData(long.MaxValue, MostPiece)]
    public void Content_WithoutHead_AsMuchAsIsSensible(long? maxMessage, int most) =>
        Assert.InRange(new MessageSizes(maxMessage, "1").MostContent, most - 100, most);
}
