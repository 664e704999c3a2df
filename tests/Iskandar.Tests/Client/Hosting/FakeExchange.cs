using System.Text;
using Iskandar.Protocol.Connections;
using Iskandar.Protocol.Messages;
using Iskandar.Tests.Infrastructure;

namespace Iskandar.Tests.Client.Hosting;

/// <summary>An exchange that writes down what is sent, a line for each message.</summary>
internal sealed class FakeExchange : IClientExchange
{
    private readonly CancellationTokenSource _cancellation = new();
    private readonly TaskCompletionSource _disposed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<string> _sent = [];

    public FakeExchange(string method = "GET", string target = "/", string content = "", params Field[] fields)
    {
        Request.Method = method;
        Request.Target = target;
        foreach (var field in fields)
        {
            Request.Fields.Add(field.Name, field.Value);
        }

        Content = Encoding.UTF8.GetBytes(content);
    }

    public RequestHead Request { get; } = new();

    public byte[] Content { get; }

    /// <summary>Content that comes while the request is under way; null: all of it is there.</summary>
    public Stream? Arriving { get; init; }

    /// <summary>How long what arrives is said to be; null: nobody knows.</summary>
    public long? ArrivingLength { get; init; }

    public long? ContentLength => IsUpgrade ? null : Arriving is null ? Content.Length : ArrivingLength;

    public bool IsUpgrade => Upgraded is not null;

    /// <summary>What the visitor's connection becomes when it is upgraded; null: it isn't to be.</summary>
    public Stream? Upgraded { get; init; }

    public FieldSection RequestTrailers { get; } = new();

    public CancellationToken Cancelled => _cancellation.Token;

    /// <summary>The head that was sent.</summary>
    public ResponseHead? Head { get; private set; }

    /// <summary>What was sent: "200 content", "content" (in hexadecimal when upgraded), each with "." behind when it was the last; or "failed code".</summary>
    public IReadOnlyList<string> Sent
    {
        get
        {
            lock (_sent)
            {
                return [.. _sent];
            }
        }
    }

    /// <summary>Completes when whoever had it is done with it.</summary>
    public Task Disposed => _disposed.Task;

    public Stream OpenContent() => Upgraded ?? Arriving ?? new MemoryStream(Content);

    public void SendInformational(ResponseHead head) => Note($"{head.Status} informational {ToText(head.Fields)}".TrimEnd(), isLast: false);

    public void SendTrailers(FieldSection trailers) => Note(ToText(trailers), isLast: true);

    public ValueTask SendHeadAsync(ResponseHead head, ReadOnlyMemory<byte> content, bool endOfResponse, CancellationToken cancellationToken)
    {
        Assert.Null(Head);
        Head = new ResponseHead { Status = head.Status };
        foreach (var line in head.Fields.Lines)
        {
            Head.Fields.Add(line.Name, line.Value);
        }

        return Write($"{head.Status} {Encoding.UTF8.GetString(content.Span)}", endOfResponse);
    }

    public ValueTask SendContentAsync(ReadOnlyMemory<byte> content, bool endOfResponse, CancellationToken cancellationToken)
    {
        Assert.NotNull(Head);
        if (Head.Status != 101)
        {
            return Write(Encoding.UTF8.GetString(content.Span), endOfResponse);
        }

        Note(Convert.ToHexString(content.Span), endOfResponse);
        if (endOfResponse && content.IsEmpty && Upgraded is DuplexStream stream)
        {
            stream.EndSending();
        }

        return content.IsEmpty ? default : Upgraded!.WriteAsync(content, cancellationToken);
    }

    public void Fail(ExchangeError error)
    {
        lock (_sent)
        {
            _sent.Add($"failed {error.ToCode()}");
        }
    }

    /// <summary>The visitor leaves.</summary>
    public Task CancelAsync() => _cancellation.CancelAsync();

    // The token source stays: a test may still look at it.
    public void Dispose() => _disposed.TrySetResult();

    private static string ToText(FieldSection fields) => string.Join(' ', fields.Lines.ToArray().Select(line => $"{line.Name}: {line.Value}"));

    private ValueTask Write(string text, bool isLast)
    {
        Note(text, isLast);
        return default;
    }

    private void Note(string text, bool isLast)
    {
        lock (_sent)
        {
            Assert.DoesNotContain(_sent, static line => line.EndsWith('.') || line.StartsWith("failed", StringComparison.Ordinal));
            _sent.Add(isLast ? text + "." : text);
        }
    }
}
