using System.Text;
using Iskandar.Protocol.Messages;

namespace Iskandar.Protocol.Json;

/// <summary>
/// How much content goes into one response message. Pieces are small enough that one large response doesn't hold up the others and that the server takes
/// the message, large enough that base64 and framing cost little.
/// </summary>
internal readonly struct MessageSizes
{
    private const int MostPiece = 64 * 1024;

    // 32 KiB of content and its frame: what every server takes.
    private const long SafeMessage = (32 * 1024 / 3 * 4) + Frame;

    // Member names, punctuation, status.
    private const int Frame = 128;

    // What JSON makes of one character at the most: \u0080.
    private const int LongestEscape = 6;

    private readonly long _room;

    /// <summary>Takes what a connection and an exchange leave room for.</summary>
    /// <param name="maxMessage">What the server takes; null when it didn't say.</param>
    /// <param name="id">The exchange.</param>
    public MessageSizes(long? maxMessage, string id)
    {
        _room = (maxMessage ?? SafeMessage) - Frame - (LongestEscape * (long)Encoding.UTF8.GetByteCount(id));
        MostContent = Math.Max(1, Fit(_room));
    }

    /// <summary>For a message without a head, in bytes before base64; at least 1.</summary>
    public int MostContent { get; }

    /// <summary>For the message with this head; 0 when the head has to go alone.</summary>
    public int MostContentWith(ResponseHead head)
    {
        var room = _room;
        foreach (ref readonly var line in head.Fields.Lines)
        {
            // Cookies stand there twice.
            room -= 2 * (line.Name.Length + (LongestEscape * (long)line.Value.Length) + LongestEscape);
        }

        return Fit(room);
    }

    private static int Fit(long room) => (int)Math.Clamp(room / 4 * 3, 0, MostPiece);
}
