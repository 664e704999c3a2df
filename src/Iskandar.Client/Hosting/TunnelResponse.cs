using Iskandar.Protocol.Connections;
using Iskandar.Protocol.Messages;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Microsoft.Net.Http.Headers;

namespace Iskandar.Client.Hosting;

/// <summary>The response of an exchange as ASP.NET Core sees it. The head goes with the first content, so that a small response is one message.</summary>
internal sealed partial class TunnelResponse(IClientExchange exchange, bool isHead) : IHttpResponseFeature
{
    private const int UsualFields = 12;

    private IClientExchange _exchange = exchange;
    private Stack<(Func<object, Task> Callback, object State)>? _onStarting;
    private Stack<(Func<object, Task> Callback, object State)>? _onCompleted;
    private IHeaderDictionary? _headers;
    private ResponseHead? _unsentHead;
    private long? _declared;
    private long _written;
    private bool _overwritten;
    private bool _upgraded;
    private bool _ended;
    private int _statusCode = StatusCodes.Status200OK;

    public int StatusCode
    {
        get => _statusCode;
        set => _statusCode = HasStarted ? throw new InvalidOperationException("The status can't be set: the response has started.") : value;
    }

    public string? ReasonPhrase { get; set; }

    public IHeaderDictionary Headers
    {
        get => _headers ??= new FieldDictionary(UsualFields);
        set => _headers = value;
    }

    public bool HasStarted { get; private set; }

    private bool HasContent => _upgraded || (!isHead && StatusCode is not (StatusCodes.Status204NoContent or StatusCodes.Status304NotModified));

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
    public ValueTask StartAsync() => StartAsync(length: 0);

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
        var starting = StartAsync(content.Length);
        return starting.IsCompletedSuccessfully ? WriteStartedAsync(content, cancellationToken) : StartAndWriteAsync(starting, content, cancellationToken);
    }

    /// <summary>Ends the response; what was declared and not written makes it a failed one.</summary>
    public async Task CompleteAsync()
    {
        if (_writer is not null)
        {
            // What the application left in it.
            await _writer.CompleteAsync().ConfigureAwait(false);
        }

        if (_ended)
        {
            return;
        }

        await StartAsync().ConfigureAwait(false);
        if (_overwritten || (HasContent && _written < _declared))
        {
            Fail(ExchangeError.OriginFailed);
            return;
        }

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

    /// <summary>The application threw: 500 if nothing was sent yet, else an aborted response.</summary>
    public async Task FailAsync()
    {
        if ((HasStarted && _unsentHead is null) || _ended)
        {
            Fail(ExchangeError.OriginFailed);
            return;
        }

        _headers?.Clear();
        _ended = true;
        HasStarted = true;
        _statusCode = StatusCodes.Status500InternalServerError;
        _unsentHead = ToHead(_statusCode, _headers);
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

    /// <summary>Lets go of the exchange: from here on nothing that the application writes reaches it.</summary>
    public void Detach()
    {
        _ended = true;
        _exchange = EndedExchange.Instance;
    }

    private ValueTask StartAsync(int length)
    {
        if (HasStarted || _ended)
        {
            return default;
        }

        if (_onStarting is not null)
        {
            return FireAndStartAsync(length);
        }

        Start(length);
        return default;
    }

    // With content that would be too much it doesn't start: the application may still say so properly.
    private void Start(int length)
    {
        if (StatusCode < StatusCodes.Status200OK && !_upgraded)
        {
            throw new InvalidOperationException("The status is not one of a final response.");
        }

        _declared = _headers?.ContentLength;
        CheckLength(length);
        HasStarted = true;
        _announcesTrailers = _headers?.ContainsKey(HeaderNames.Trailer) == true;
        _unsentHead = ToHead(_statusCode, _headers);
    }

    private async ValueTask FireAndStartAsync(int length)
    {
        await FireOnStartingAsync().ConfigureAwait(false);
        if (!_ended)
        {
            Start(length);
        }
    }

    private async ValueTask FireOnStartingAsync()
    {
        while (_onStarting?.TryPop(out var registered) == true)
        {
            await registered.Callback(registered.State).ConfigureAwait(false);
        }
    }

    private async ValueTask StartAndWriteAsync(ValueTask starting, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        await starting.ConfigureAwait(false);
        await WriteStartedAsync(content, cancellationToken).ConfigureAwait(false);
    }

    private ValueTask WriteStartedAsync(ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        if (_ended)
        {
            return default;
        }

        if (!HasContent)
        {
            return FlushAsync(cancellationToken);
        }

        CheckLength(content.Length);

        // With a declared length, the last piece is known as such: unless trailers follow, it needs no message of its own to end the response.
        _written += content.Length;
        _ended = !content.IsEmpty && _written == _declared && !MayHaveTrailers;
        return SendAsync(content, _ended, cancellationToken);
    }

    private void CheckLength(int length)
    {
        if (HasContent && _written + length > _declared)
        {
            _overwritten = true;
            throw new InvalidOperationException("More content was written than Content-Length declares.");
        }
    }
}
