using Iskandar.Protocol.Connections;
using Iskandar.Protocol.Messages;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Iskandar.Client.Hosting;

/// <summary>The response of an exchange as ASP.NET Core sees it. The head goes with the first content, so that a small response is one message.</summary>
internal sealed partial class TunnelResponse : IHttpResponseFeature
{
    private readonly IClientExchange _exchange;
    private readonly bool _isHead;
    private Stack<(Func<object, Task> Callback, object State)>? _onStarting;
    private Stack<(Func<object, Task> Callback, object State)>? _onCompleted;
    private ResponseHead? _unsentHead;
    private long? _declared;
    private long _written;
    private bool _overwritten;
    private bool _upgraded;
    private bool _ended;
    private int _statusCode = StatusCodes.Status200OK;

    public TunnelResponse(IClientExchange exchange, bool suppressesContent)
    {
        _exchange = exchange;
        _isHead = suppressesContent;
        Body = new TunnelResponseBody(this);
    }

    public TunnelResponseBody Body { get; }

    public int StatusCode
    {
        get => _statusCode;
        set => _statusCode = HasStarted ? throw new InvalidOperationException("The status can't be set: the response has started.") : value;
    }

    public string? ReasonPhrase { get; set; }

    public IHeaderDictionary Headers { get; set; } = new HeaderDictionary();

    Stream IHttpResponseFeature.Body
    {
        get => Body.Stream;
        set => throw new NotSupportedException("Replace IHttpResponseBodyFeature instead.");
    }

    public bool HasStarted { get; private set; }

    private bool HasContent => _upgraded || (!_isHead && StatusCode is not (StatusCodes.Status204NoContent or StatusCodes.Status304NotModified));

    public void OnStarting(Func<object, Task> callback, object state)
    {
        if (HasStarted)
        {
            throw new InvalidOperationException("OnStarting can't be set: the response has started.");
        }

        (_onStarting ??= new()).Push((callback, state));
    }

    public void OnCompleted(Func<object, Task> callback, object state) => (_onCompleted ??= new()).Push((callback, state));

    /// <summary>Settles the head. It goes with the first content, or when it is flushed.</summary>
    public async ValueTask StartAsync()
    {
        if (HasStarted || _ended)
        {
            return;
        }

        await FireOnStartingAsync().ConfigureAwait(false);
        if (StatusCode < StatusCodes.Status200OK && !_upgraded)
        {
            throw new InvalidOperationException("The status is not one of a final response.");
        }

        HasStarted = true;
        _declared = Headers.ContentLength;
        _announcesTrailers = Headers.ContainsKey("Trailer");
        _unsentHead = ToHead();
    }

    /// <summary>Sends the head that upgrades the connection: what is read and written from here on are its bytes.</summary>
    public async ValueTask UpgradeAsync()
    {
        StatusCode = StatusCodes.Status101SwitchingProtocols;
        await FireOnStartingAsync().ConfigureAwait(false);
        Headers.ContentLength = null;
        _upgraded = true;
        await FlushAsync(CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>Sends the head, if it wasn't sent yet.</summary>
    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        await StartAsync().ConfigureAwait(false);
        if (_unsentHead is not null && !_ended)
        {
            await SendAsync(default, endOfResponse: false, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Sends content, and the head before it if need be.</summary>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        if (_ended)
        {
            return default;
        }

        if (HasContent && _written + content.Length > (HasStarted ? _declared : Headers.ContentLength))
        {
            _overwritten = true;
            throw new InvalidOperationException("More content was written than Content-Length declares.");
        }

        return HasStarted ? WriteStartedAsync(content, cancellationToken) : StartAndWriteAsync(content, cancellationToken);
    }

    /// <summary>Ends the response; what was declared and not written makes it a failed one.</summary>
    public async Task CompleteAsync()
    {
        await Body.CompleteWriterAsync().ConfigureAwait(false);
        if (_ended)
        {
            return;
        }

        await StartAsync().ConfigureAwait(false);
        if (_overwritten || (HasContent && _written < _declared))
        {
            Fail(ExchangeError.OriginFailed);
        }
        else
        {
            _ended = true;
            var trailers = ToTrailers();
            if (trailers is null || _unsentHead is not null)
            {
                await SendAsync(default, endOfResponse: trailers is null, CancellationToken.None).ConfigureAwait(false);
            }

            if (trailers is not null)
            {
                _exchange.SendTrailers(trailers);
            }
        }
    }

    /// <summary>The application threw: 500 if nothing was sent yet, else an aborted response.</summary>
    public async Task FailAsync()
    {
        if ((HasStarted && _unsentHead is null) || _ended)
        {
            Fail(ExchangeError.OriginFailed);
            return;
        }

        Headers.Clear();
        _ended = true;
        HasStarted = true;
        _statusCode = StatusCodes.Status500InternalServerError;
        _unsentHead = ToHead();
        await SendAsync(default, endOfResponse: true, CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>Ends the exchange as failed, if it hasn't ended.</summary>
    public void Fail(ExchangeError error)
    {
        if (!_ended)
        {
            _ended = true;
            _exchange.Fail(error);
        }
    }

    public async Task FireOnCompletedAsync(ILogger logger)
    {
        while (_onCompleted?.TryPop(out var registered) == true)
        {
            try
            {
                await registered.Callback(registered.State).ConfigureAwait(false);
            }
            catch (Exception fault)
            {
                // The response is out; the other callbacks still have to run.
                Log.ApplicationError(logger, fault);
            }
        }
    }

    private async ValueTask FireOnStartingAsync()
    {
        while (_onStarting?.TryPop(out var registered) == true)
        {
            await registered.Callback(registered.State).ConfigureAwait(false);
        }
    }

    private async ValueTask StartAndWriteAsync(ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        await StartAsync().ConfigureAwait(false);
        await WriteStartedAsync(content, cancellationToken).ConfigureAwait(false);
    }

    private ValueTask WriteStartedAsync(ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        if (!HasContent)
        {
            return FlushAsync(cancellationToken);
        }

        // With a declared length, the last piece is known as such: unless trailers follow, it needs no message of its own to end the response.
        _written += content.Length;
        _ended = !content.IsEmpty && _written == _declared && !_announcesTrailers && _trailers is not { Count: > 0 };
        return SendAsync(content, _ended, cancellationToken);
    }

    private ValueTask SendAsync(ReadOnlyMemory<byte> content, bool endOfResponse, CancellationToken cancellationToken)
    {
        if (_unsentHead is not { } head)
        {
            return _exchange.SendContentAsync(content, endOfResponse, cancellationToken);
        }

        _unsentHead = null;
        return _exchange.SendHeadAsync(head, content, endOfResponse, cancellationToken);
    }

    private ResponseHead ToHead()
    {
        var head = new ResponseHead { Status = StatusCode };
        var connection = Headers.Connection.ToString();
        foreach (var (name, values) in Headers)
        {
            if (!Crosses(name, connection))
            {
                continue;
            }

            foreach (var value in values)
            {
                if (value is not null)
                {
                    head.Fields.Add(name, value);
                }
            }
        }

        return head;
    }

    private bool Crosses(string name, string connection) =>
        (_upgraded && name.Equals("Upgrade", StringComparison.OrdinalIgnoreCase))
        || (!ConnectionFields.Contains(name) && !ConnectionFields.IsNamedBy(connection, name));
}
