using System.Threading.Channels;
using Iskandar.FunctionalTests.Binary.Codec;
using Iskandar.FunctionalTests.Infrastructure;

namespace Iskandar.FunctionalTests.Binary;

/// <summary>One exchange, either side. What the peer sends on it is checked by <see cref="StreamRules"/> before it gets here.</summary>
public sealed class BinaryStream(BinaryConnection connection, uint id, RequestHead request, bool isEnded, bool isUpgrade)
{
    private readonly Channel<Frame> _frames = Channel.CreateUnbounded<Frame>();
    private readonly TaskCompletionSource<ErrorCode> _reset = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SendCredit _credit = new();
    private ReadOnlyMemory<byte> _rest;
    private bool _isRead = connection.IsClient && isEnded;

    public uint Id { get; } = id;

    public RequestHead Request { get; } = request;

    /// <summary>Whether the REQUEST had the flag END.</summary>
    public bool IsEndedAtOnce { get; } = isEnded;

    /// <summary>Whether the REQUEST had the flag UPGRADE.</summary>
    public bool IsUpgrade { get; } = isUpgrade;

    /// <summary>What the peer has sent so far, and whether it may.</summary>
    public StreamRules Peer { get; } = new(isUpgrade);

    /// <summary>The code of the peer's RESET.</summary>
    public Task<ErrorCode> Reset => _reset.Task;

    /// <summary>The bytes of DATA that have arrived.</summary>
    public long Received => Peer.Received;

    /// <summary>The credit that the peer has given, beyond the window.</summary>
    public long Credited => _credit.Given;

    public Task SendAsync(params Frame[] frames) => connection.SendAsync(frames);

    public Task RespondAsync(int status, bool end = false, params (string Name, string Value)[] fields) =>
        SendAsync(Frame.Response(Id, status, end, fields));

    /// <summary>Answers with a text, in one message.</summary>
    public Task AnswerAsync(string text, int status = 200, params (string Name, string Value)[] fields) =>
        SendAsync(Frame.Response(Id, status, fields: fields), Frame.Data(Id, text, end: true));

    public Task ResetAsync(ErrorCode code) => SendAsync(Frame.Reset(Id, code));

    public Task CreditAsync(int bytes)
    {
        Peer.Grant(bytes);
        return SendAsync(Frame.Credit(Id, (uint)bytes));
    }

    /// <summary>Sends content as there is credit for it.</summary>
    public async Task SendDataAsync(ReadOnlyMemory<byte> content, bool end = false)
    {
        do
        {
            var count = content.IsEmpty ? 0 : await _credit.TakeAsync(Math.Min(content.Length, Numbers.LongestData));
            await SendAsync(Frame.Data(Id, content[..count].ToArray(), end && count == content.Length));
            content = content[count..];
        }
        while (!content.IsEmpty);
    }

    /// <summary>Waits until the peer has given so much credit beyond the window.</summary>
    public Task CreditedAsync(long bytes) => _credit.GivenAsync(bytes);

    /// <summary>The next frame that is neither CREDIT nor an informational RESPONSE.</summary>
    public async Task<Frame> NextAsync(double seconds = 30)
    {
        while (true)
        {
            var frame = await _frames.Reader.ReadAsync(CancellationToken.None).AsTask().WithinAsync($"a frame of stream {Id}", seconds);
            if (frame.Type != FrameType.Response || !ResponseHead.Parse(frame.Payload).IsInformational)
            {
                _isRead |= frame.IsEnd || frame.Type == FrameType.Trailers;
                return frame;
            }
        }
    }

    /// <summary>The next piece of content; none at the end.</summary>
    public async Task<ReadOnlyMemory<byte>> ReadSomeAsync(bool credit = false)
    {
        while (_rest.IsEmpty && !_isRead)
        {
            var frame = await NextAsync();
            if (frame.Type == FrameType.Reset)
            {
                throw new StreamResetException(await Reset);
            }

            Assert.True(frame.Type is FrameType.Data or FrameType.Trailers, $"{frame.Type} amid the content.");
            _rest = frame.Type == FrameType.Data ? frame.Payload : default;
        }

        var piece = _rest;
        _rest = default;
        if (credit && !piece.IsEmpty && !Peer.IsEnded)
        {
            await CreditAsync(piece.Length);
        }

        return piece;
    }

    /// <summary>So many bytes of content, for which no credit is given back.</summary>
    public async Task<byte[]> ReadAsync(int count)
    {
        var content = new MemoryStream();
        while (content.Length < count)
        {
            var piece = await ReadSomeAsync();
            Assert.False(piece.IsEmpty, $"The content of stream {Id} ended after {content.Length} of {count} bytes.");
            var taken = (int)Math.Min(piece.Length, count - content.Length);
            content.Write(piece.Span[..taken]);
            _rest = piece[taken..];
        }

        return content.ToArray();
    }

    /// <summary>The content up to its end, with credit given back.</summary>
    public async Task<byte[]> ReadToEndAsync()
    {
        var content = new MemoryStream();
        while (await ReadSomeAsync(credit: true) is { IsEmpty: false } piece)
        {
            content.Write(piece.Span);
        }

        return content.ToArray();
    }

    /// <summary>The final head of the response.</summary>
    public async Task<ResponseHead> ReadHeadAsync()
    {
        var frame = await NextAsync();
        if (frame.Type == FrameType.Reset)
        {
            throw new StreamResetException(await Reset);
        }

        Assert.Equal(FrameType.Response, frame.Type);
        return ResponseHead.Parse(frame.Payload);
    }

    /// <summary>The whole response.</summary>
    public async Task<BinaryResponse> ReadResponseAsync()
    {
        var head = await ReadHeadAsync();
        var body = await ReadToEndAsync();
        return new BinaryResponse(head, body, Peer.Trailers);
    }

    internal void Take(Frame frame)
    {
        Peer.Check(frame);
        switch (frame.Type)
        {
            case FrameType.Credit:
                _credit.Give(frame);
                break;
            case FrameType.Reset:
                var code = (ErrorCode)((frame.Payload[0] << 8) | frame.Payload[1]);
                _reset.TrySetResult(code);
                _credit.End(new StreamResetException(code));
                _frames.Writer.TryWrite(frame);
                break;
            default:
                _frames.Writer.TryWrite(frame);
                break;
        }
    }

    internal void ConnectionEnded(Exception reason)
    {
        _frames.Writer.TryComplete(reason);
        _credit.End(reason);
        if (_reset.TrySetException(reason))
        {
            // Not every test waits for it.
            _ = _reset.Task.Exception;
        }
    }
}

/// <summary>A whole response, as a server received it.</summary>
public sealed record BinaryResponse(ResponseHead Head, byte[] Body, FieldSection? Trailers)
{
    public int Status => Head.Status;

    public string Text => System.Text.Encoding.UTF8.GetString(Body);

    /// <summary>The only line of a field, or null.</summary>
    public string? this[string name] => Head[name];
}
