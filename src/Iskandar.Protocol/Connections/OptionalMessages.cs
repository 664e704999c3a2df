namespace Iskandar.Protocol.Connections;

/// <summary>Optional messages of the JSON encoding, which a client lists in the <c>Iskandar-Accept</c> field of its opening handshake.</summary>
[Flags]
public enum OptionalMessages
{
    /// <summary>Only what the founding protocol has.</summary>
    None = 0,

    /// <summary>Nobody waits for a response any more.</summary>
    Cancel = 1,

    /// <summary>Flow control of response content.</summary>
    Credit = 2,

    /// <summary>The link of the binary encoding: acknowledgements, and resumption after a lost connection.</summary>
    Resume = 4,
}
