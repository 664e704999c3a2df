using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Iskandar.FunctionalTests.Infrastructure;

/// <summary>A local app that answers every connection with given bytes and then ends it, whatever HTTP would have it do.</summary>
public sealed class RawOrigin : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Func<NetworkStream, Task> _answer;
    private readonly Task _accepting;

    private RawOrigin(Func<NetworkStream, Task> answer)
    {
        _answer = answer;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Answers with a text, then closes the connection.</summary>
    public static RawOrigin Answering(string text) =>
        new(async stream => await stream.WriteAsync(Encoding.Latin1.GetBytes(text), Bounded.Token()));

    public static RawOrigin Answering(Func<NetworkStream, Task> answer) => new(answer);

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Stop();
        await _accepting;
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                using var client = await _listener.AcceptTcpClientAsync(_stopping.Token);
                await using var stream = client.GetStream();
                await ReadHeadAsync(stream);
                await _answer(stream);
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }

    private async Task ReadHeadAsync(NetworkStream stream)
    {
        var received = new StringBuilder();
        var buffer = new byte[4096];
        while (!received.ToString().Contains("\r\n\r\n", StringComparison.Ordinal))
        {
            var count = await stream.ReadAsync(buffer, _stopping.Token);
            if (count == 0)
            {
                return;
            }

            received.Append(Encoding.Latin1.GetString(buffer, 0, count));
        }
    }
}
