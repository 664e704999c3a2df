namespace Iskandar.FunctionalTests.Binary.Codec;

/// <summary>The peer sent what the document doesn't allow.</summary>
public sealed class ProtocolViolationException(string message) : Exception(message);
