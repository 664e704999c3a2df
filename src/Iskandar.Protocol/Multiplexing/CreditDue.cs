namespace Iskandar.Protocol.Multiplexing;

/// <summary>What content that has left our hands makes due.</summary>
/// <param name="Bytes">Credit; 0 for none.</param>
/// <param name="Ping">What a ping holds; null for none.</param>
internal readonly record struct CreditDue(int Bytes, ulong? Ping);
