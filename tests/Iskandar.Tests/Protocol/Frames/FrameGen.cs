using System.Buffers;
using System.Text;
using CsCheck;
using Iskandar.Protocol.Frames;

namespace Iskandar.Tests.Protocol.Frames;

/// <summary>Whatever may be in a frame.</summary>
internal static class FrameGen
{
    public static readonly Gen<string> Token =
        Gen.Char["!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"].Array[1, 80].Select(static text => new string(text));

    public static readonly Gen<string> Method = Gen.OneOf(Gen.OneOf("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"), Token);

    public static readonly Gen<string> Target = Gen.Frequency(
        (5, Gen.Const("/")),
        (10, Gen.Char[(char)0x21, (char)0x7E].Array[0, 60].Select(static text => "/" + new string(text))),
        (1, Gen.Char[(char)0x21, (char)0x7E].Array[8_000, 20_000].Select(static text => "/" + new string(text))));

    public static readonly Gen<string> Name = Gen.OneOf(
        Token, Gen.OneOf("Accept", "Cookie", "HOST", "content-type", "Content-Length", "X-Forwarded-For", "ETag", "x-xss-protection"));

    // Visible ASCII, SP, HTAB and obs-text (RFC 9110 section 5.5), and what an application may put there all the same. Without white space around.
    public static readonly Gen<string> Value = Gen.Frequency(
            (9, Gen.Char[(char)0x20, (char)0x7E].Array[0, 70]),
            (9, Gen.Char[(char)0x80, (char)0xFF].Array[0, 70]),
            (9, Gen.OneOf(Gen.Const('\t'), Gen.Char[(char)0x20, (char)0x7E], Gen.Char[(char)0x80, (char)0xFF]).Array[0, 40]),
            (9, Gen.Char["a\u00E9\u20AC\uD83D\uDE00\uFFFF"].Array[0, 40]),
            (1, Gen.Char[(char)0x20, (char)0x7E].Array[16_300, 16_500]))
        .Select(static text => new string(text).Trim(' ', '\t'));

    public static readonly Gen<(string Name, string Value)[]> Section = Gen.OneOf(
        Gen.Select(Name, Value).Array[0, 5], Gen.Select(Name, Gen.Char['a', 'z'].Array[0, 20].Select(static text => new string(text))).Array[0, 100]);

    /// <summary>A valid frame as bytes.</summary>
    public static readonly Gen<byte[]> Frame = Gen.OneOf(
        Gen.Select(Gen.UInt[1, uint.MaxValue], Method, Target, Section, Gen.Byte[0, 3]).Select(static (stream, method, target, section, flags) =>
            Write(output => RequestFrame.Write(output, stream, FrameCodec.Request(method, target, section), (FrameFlags)flags))),
        Gen.Select(Gen.UInt[1, uint.MaxValue], Gen.Int[100, 599], Section, Gen.Bool).Select(static (stream, status, section, end) =>
            Write(output => ResponseFrame.Write(output, stream, FrameCodec.Response(status, section), end))),
        Gen.Select(Gen.UInt[1, uint.MaxValue], Section).Select(static (stream, section) =>
            Write(output => TrailersFrame.Write(output, stream, FrameCodec.Section(section)))),
        Gen.Select(Gen.UInt[1, uint.MaxValue], Gen.Byte.Array[0, 200], Gen.Bool).Select(static (stream, content, end) =>
            Write(output => DataFrame.Write(output, stream, content, end))),
        Gen.Select(Gen.UInt[1, uint.MaxValue], Gen.Int[1, int.MaxValue]).Select(static (stream, bytes) =>
            Write(output => CreditFrame.Write(output, stream, bytes))),
        Gen.Select(Gen.UInt[1, uint.MaxValue], Gen.UShort).Select(static (stream, code) =>
            Write(output => ResetFrame.Write(output, stream, (ErrorCode)code))),
        Gen.Select(Gen.Bool, Gen.ULong).Select(static (ping, opaque) =>
            Write(output => PingFrame.Write(output, ping ? FrameType.Ping : FrameType.Pong, opaque))),
        Gen.Long[0, long.MaxValue].Select(static offset => Write(output => AckFrame.Write(output, offset))),
        Gen.Select(Gen.UInt, Gen.UShort, Gen.String[0, 40]).Select(static (stream, code, reason) =>
            Write(output => GoAwayFrame.Write(output, new GoAwayFrame(stream, (ErrorCode)code, reason)))));

    /// <summary>What a value is after it was written and read: one character for each byte.</summary>
    public static string AsBytes(string value) =>
        value.All(static character => character <= '\u00FF') ? value : Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(value));

    private static byte[] Write(Action<IBufferWriter<byte>> write) => FrameCodec.Write(write);
}
