using Iskandar.FunctionalTests.Binary.Codec;

namespace Iskandar.FunctionalTests.Binary;

/// <summary>The peer has given up a stream that this side was reading.</summary>
public sealed class StreamResetException(ErrorCode code) : Exception($"The peer sent RESET {code}.")
{
    public ErrorCode Code { get; } = code;
}
