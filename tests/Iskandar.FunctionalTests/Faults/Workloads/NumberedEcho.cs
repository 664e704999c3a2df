using System.Globalization;
using System.Net.WebSockets;
using System.Text;

namespace Iskandar.FunctionalTests.Faults.Workloads;

/// <summary>A WebSocket whose numbered messages come back once each, and in order.</summary>
public sealed class NumberedEcho : IDisposable
{
    private const int Burst = 8;
    private const int LongestPadding = 4 * 1024;

    private readonly ClientWebSocket _socket = new();
    private readonly FaultStage _stage;

    private NumberedEcho(FaultStage stage) => _stage = stage;

    /// <summary>How many have come back.</summary>
    public int Count { get; private set; }

    public static async Task<NumberedEcho> OpenAsync(FaultStage stage)
    {
        var echo = new NumberedEcho(stage);
        try
        {
            var url = new UriBuilder(stage.Url("/echo")) { Scheme = "ws" }.Uri;
            echo._socket.Options.KeepAliveInterval = TimeSpan.Zero;
            await echo._socket.ConnectAsync(url, stage.Visitor, stage.Token);
            return echo;
        }
        catch
        {
            echo.Dispose();
            throw;
        }
    }

    /// <summary>Sends some messages one after the other, and waits for all of them.</summary>
    public async Task NextAsync()
    {
        for (var ahead = 1; ahead <= Burst; ahead++)
        {
            await _socket.SendAsync(Message(Count + ahead), WebSocketMessageType.Text, endOfMessage: true, _stage.Token);
        }

        for (var received = 0; received < Burst; received++)
        {
            Assert.Equal(Encoding.ASCII.GetString(Message(++Count)), await ReceiveAsync());
        }
    }

    /// <summary>One burst after the other, at least until something is over.</summary>
    public async Task RunAsync(Task until)
    {
        while (!until.IsCompleted)
        {
            await NextAsync();
        }

        await NextAsync();
    }

    public void Dispose() => _socket.Dispose();

    private static byte[] Message(int number) =>
        Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"message {number} ").PadRight(20 + (number * 977 % LongestPadding), '.'));

    private async Task<string> ReceiveAsync()
    {
        var text = new StringBuilder();
        var buffer = new byte[16 * 1024];
        while (true)
        {
            var part = await _socket.ReceiveAsync(buffer.AsMemory(), _stage.Token);
            Assert.Equal(WebSocketMessageType.Text, part.MessageType);
            text.Append(Encoding.ASCII.GetString(buffer, 0, part.Count));
            if (part.EndOfMessage)
            {
                return text.ToString();
            }
        }
    }
}
