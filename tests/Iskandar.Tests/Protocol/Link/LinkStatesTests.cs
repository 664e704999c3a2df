using System.Net.WebSockets;
using Iskandar.Protocol.Connections;
using Iskandar.Protocol.Frames;
using Iskandar.Tests.Protocol.Multiplexing;

namespace Iskandar.Tests.Protocol.Link;

/// <summary>
/// The table of a link's states (docs/reliability.md, "States") against the server's end: every sequence of moves, up to a length. After each, what may and may not be
/// done follows from the state alone.
/// </summary>
public sealed class LinkStatesTests
{
    private const int Longest = 4;

    private static readonly Dictionary<(State, Move), State> Table = new()
    {
        [(State.Idle, Move.Attach)] = State.Attached,
        [(State.Idle, Move.Dispose)] = State.Over,
        [(State.Attached, Move.Lose)] = State.Detached,
        [(State.Attached, Move.CloseByProxy)] = State.Detached,
        [(State.Attached, Move.CloseByClient)] = State.Over,
        [(State.Attached, Move.CloseAfterGoAway)] = State.Over,
        [(State.Attached, Move.Fault)] = State.Over,
        [(State.Attached, Move.Stop)] = State.Over,
        [(State.Attached, Move.Resume)] = State.Attached,
        [(State.Attached, Move.Drain)] = State.Over,
        [(State.Attached, Move.Displace)] = State.Over,
        [(State.Attached, Move.Dispose)] = State.Over,
        [(State.Detached, Move.Resume)] = State.Attached,
        [(State.Detached, Move.Expire)] = State.Over,
        [(State.Detached, Move.Drain)] = State.Over,
        [(State.Detached, Move.Displace)] = State.Over,
        [(State.Detached, Move.Dispose)] = State.Over,
    };

    private enum State
    {
        Idle,
        Attached,
        Detached,
        Over,
    }

    private enum Move
    {
        Attach,
        Lose,
        CloseByProxy,
        CloseByClient,
        CloseAfterGoAway,
        Fault,
        Stop,
        Resume,
        ResumeForged,
        Expire,
        Drain,
        Displace,
        Dispose,
    }

    [Fact]
    public async Task EverySequence_AsTheTable()
    {
        var count = 0;
        await TryAllAsync([]);
        Assert.True(count > 500, $"{count} sequences.");

        async Task TryAllAsync(Move[] before)
        {
            var state = before.Aggregate(State.Idle, Next);
            foreach (var move in Enum.GetValues<Move>())
            {
                if (!CanBe(state, move))
                {
                    continue;
                }

                Move[] moves = [.. before, move];
                await PlayAsync(moves);
                count++;

                // What is over stays over: one more move shows that.
                if (moves.Length < Longest && state != State.Over)
                {
                    await TryAllAsync(moves);
                }
            }
        }
    }

    // What isn't in the table changes nothing.
    private static State Next(State state, Move move) => Table.GetValueOrDefault((state, move), state);

    // A WebSocket can't be lost that isn't there; a connection is run once.
    private static bool CanBe(State state, Move move) => move switch
    {
        Move.Attach => state == State.Idle,
        Move.Lose or Move.CloseByProxy or Move.CloseByClient or Move.CloseAfterGoAway or Move.Fault or Move.Stop => state == State.Attached,
        Move.Resume or Move.ResumeForged => state != State.Idle,
        Move.Drain or Move.Displace => state != State.Idle,
        _ => true,
    };

    private static async Task PlayAsync(Move[] moves)
    {
        var play = new Play();
        await using (play.Stage)
        {
            var state = State.Idle;
            foreach (var move in moves)
            {
                state = Next(state, move);
                await play.DoAsync(move, state);
                Assert.True(play.IsIn(state), $"{string.Join(", ", moves)}: after {move} it isn't {state}.");
            }
        }
    }

    private sealed class Play
    {
        private FramePeer? _client;
        private string _secret = new('A', 22);
        private bool _hasRun;

        public LinkStage Stage { get; } = LinkStage.Create();

        public bool IsIn(State state)
        {
            // A visitor is taken as long as it isn't over or about to be.
            var refusal = Stage.Connection.TryOpen(out var exchange);
            exchange?.Dispose();
            var isResumable = Stage.Connection.CheckResume(_secret, 0) == ResumeVerdict.Granted;
            return state switch
            {
                State.Idle => !_hasRun && !Stage.Connection.IsOver && refusal == ExchangeError.None && !isResumable,
                State.Attached => !Stage.Running.IsCompleted && !Stage.Connection.IsOver && refusal == ExchangeError.None && isResumable,
                State.Detached => Stage.IsDetached && refusal == ExchangeError.None && isResumable,
                _ => Stage.Connection.IsOver && Stage.Running.IsCompleted && refusal == ExchangeError.TunnelLost && !isResumable && Stage.Connection.Sender.Held == 0,
            };
        }

        public async Task DoAsync(Move move, State next)
        {
            var running = Stage.Running;
            switch (move)
            {
                case Move.Attach:
                    (_client, var registration) = await Stage.AttachAsync();
                    _secret = (string)registration["resume"]!;
                    _hasRun = true;
                    return;
                case Move.Lose:
                    _client!.Socket.Abort();
                    break;
                case Move.CloseByProxy:
                    await _client!.CloseAsync(WebSocketCloseStatus.EndpointUnavailable);
                    break;
                case Move.CloseByClient:
                    await _client!.CloseAsync();
                    break;
                case Move.CloseAfterGoAway:
                    await _client!.SendAsync(FrameBytes.GoAway(0, ErrorCode.TunnelClosing));
                    await _client.CloseAsync(WebSocketCloseStatus.EndpointUnavailable);
                    break;
                case Move.Fault:
                    await _client!.SendAsync(FrameBytes.Request(1));
                    break;
                case Move.Stop:
                    await Stage.Stop.CancelAsync();
                    break;
                case Move.Resume when next == State.Attached:
                    (_client, registration) = await Stage.ResumeAsync(_secret);
                    _secret = (string)registration["resume"]!;
                    break;
                case Move.Resume:
                    Assert.NotEqual(ResumeVerdict.Granted, Stage.Connection.CheckResume(_secret, 0));
                    break;
                case Move.ResumeForged:
                    Assert.Equal(ResumeVerdict.Gone, Stage.Connection.CheckResume(new string('A', 22), 0));
                    break;
                case Move.Expire:
                    await LinkStage.SettleAsync();
                    Stage.Time.Advance(TimeSpan.FromSeconds(60));
                    Stage.Connection.EnforceDeadlines();
                    return;
                case Move.Drain:
                    await Stage.PassAsync(Stage.Connection.DrainAsync(CancellationToken.None));
                    break;
                case Move.Displace:
                    await Stage.PassAsync(Stage.Connection.DisplaceAsync(CancellationToken.None));
                    break;
                case Move.Dispose:
                    await Stage.Connection.DisposeAsync();
                    break;
            }

            if (next != State.Attached)
            {
                await Stage.PassAsync(running);
            }
        }
    }
}
