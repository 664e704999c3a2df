using Iskandar.Protocol.Connections;
using Iskandar.Server.Handshake;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Iskandar.Tests.Server.Handshake;

/// <summary>The fields of an opening handshake that ask for a name or a link.</summary>
public sealed class HandshakeClaimTests
{
    private static readonly (string Field, string Value)[] All =
    [
        (LinkResumption.NameField, "abc"), (HandshakeClaim.KeyField, "key"), (LinkResumption.SecretField, "secret"), (LinkResumption.ReceivedField, "5"),
    ];

    [Fact]
    public void EveryCombination_OnlyThoseOfTheProtocol()
    {
        for (var set = 0; set < 1 << All.Length; set++)
        {
            var fields = new HeaderDictionary();
            foreach (var (field, value) in All.Where((_, i) => (set & (1 << i)) != 0))
            {
                fields[field] = value;
            }

            // Bits: the name, its key, a secret, an offset.
            HandshakeClaim? expected = set switch
            {
                0b0000 => new HandshakeClaim(null, null, null),
                0b0001 => new HandshakeClaim("abc", null, null),
                0b0011 => new HandshakeClaim("abc", "key", null),
                0b1101 => new HandshakeClaim("abc", null, new LinkResumption("abc", "secret", 5)),
                _ => null,
            };
            Assert.Equal(expected, HandshakeClaim.Read(fields));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("-a")]
    [InlineData("a-")]
    [InlineData("Abc")]
    [InlineData("a.b")]
    [InlineData("a_b")]
    [InlineData("a b")]
    [InlineData("http://abc.example.com")]
    [InlineData("\u00E9")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    public void Name_NoLabelInLowerCase_Refused(string name)
    {
        Assert.Null(HandshakeClaim.Read(Fields(name, HandshakeClaim.KeyField, "key")));
        Assert.Null(HandshakeClaim.Read(Fields(name, LinkResumption.SecretField, "secret", LinkResumption.ReceivedField, "5")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("-1")]
    [InlineData("+1")]
    [InlineData(" 1")]
    [InlineData("1 ")]
    [InlineData("1.0")]
    [InlineData("1,000")]
    [InlineData("0x10")]
    [InlineData("1e3")]
    [InlineData("9223372036854775808")]
    [InlineData("99999999999999999999999999")]
    [InlineData("\u0661")]
    public void Received_NoDecimalNumber_Refused(string received) =>
        Assert.Null(HandshakeClaim.Read(Fields("abc", LinkResumption.SecretField, "secret", LinkResumption.ReceivedField, received)));

    [Theory]
    [InlineData("0", 0)]
    [InlineData("007", 7)]
    [InlineData("9223372036854775807", long.MaxValue)]
    public void Received_ADecimalNumber_Taken(string received, long expected) =>
        Assert.Equal(expected, HandshakeClaim.Read(Fields("abc", LinkResumption.SecretField, "secret", LinkResumption.ReceivedField, received))!.Resumption!.Received);

    [Fact]
    public void AnyField_TwiceOrTooLong_Refused()
    {
        foreach (var (field, value) in All)
        {
            var isOfLink = field is LinkResumption.SecretField or LinkResumption.ReceivedField;
            var fields = isOfLink ? Fields("abc", LinkResumption.SecretField, "secret", LinkResumption.ReceivedField, "5") : Fields("abc", HandshakeClaim.KeyField, "key");
            Assert.NotNull(HandshakeClaim.Read(fields));

            fields[field] = new StringValues([value, value]);
            Assert.Null(HandshakeClaim.Read(fields));

            fields[field] = new string('1', 257);
            Assert.Null(HandshakeClaim.Read(fields));

            fields[field] = "";
            Assert.Null(HandshakeClaim.Read(fields));
        }
    }

    private static HeaderDictionary Fields(string name, params string[] others)
    {
        var fields = new HeaderDictionary { [LinkResumption.NameField] = name };
        for (var i = 0; i < others.Length; i += 2)
        {
            fields[others[i]] = others[i + 1];
        }

        return fields;
    }
}
