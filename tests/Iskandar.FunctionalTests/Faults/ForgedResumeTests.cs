using System.Globalization;
using Iskandar.FunctionalTests.Faults.Relay;
using Iskandar.FunctionalTests.Faults.Workloads;
using Iskandar.FunctionalTests.Infrastructure;

namespace Iskandar.FunctionalTests.Faults;

/// <summary>Attempts to go on with a tunnel by those who may not, or with what can't be: refused, and the tunnel doesn't notice.</summary>
public class ForgedResumeTests
{
    private const int Attempts = 1_000;
    private const int AtOnce = 8;

    [Fact]
    public Task Secret_Right_TakesTheTunnelOverAndTheClientComesBack() => FaultStage.RunAsync(async stage =>
    {
        // What the others are refused for is then what they changed.
        var handshake = Captured(stage);

        var head = await handshake.SendAsync(stage.Server);

        Assert.Equal(101, head.Status);
        await stage.Relay.WaitAsync(static relay => relay.Connections.Count > 1, "a new connection of the displaced client");
        await stage.ServesAgainAsync();
    });

    [Fact]
    public Task Secret_Forged_IsRefused() => FaultStage.RunAsync(async stage =>
    {
        var right = Captured(stage);
        string[] forged =
        [
            "", "x", "%00,\"'", new string('A', 16_000), right.Secret + right.Secret, right.Secret[..^1],

            // As long as one: base64url of other bytes, and what is none.
            "AAAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAB", "AAAAAAAAAAA=AAAAAAAAAA", "%%%%%%%%%%%%%%%%%%%%%%",
            (right.Secret[0] == 'A' ? 'B' : 'A') + right.Secret[1..], right.Secret[..^1] + (right.Secret[^1] == 'A' ? 'Q' : 'A'),
        ];
        foreach (var secret in forged)
        {
            await RefusedAsync(stage, right with { Secret = secret });
        }
    });

    [Fact]
    public Task Offset_InTheFuture_IsRefused() => FaultStage.RunAsync(async stage =>
    {
        foreach (var received in (string[])["100000000", "1099511627776", "9223372036854775807"])
        {
            await RefusedAsync(stage, Captured(stage) with { Received = received });
        }
    });

    [Fact]
    public Task Offset_NotANumber_IsRefused() => FaultStage.RunAsync(async stage =>
    {
        foreach (var received in (string[])["", "many", "-1", "1e3", "0x10", "1.5", "1,000", "99999999999999999999999999"])
        {
            await RefusedAsync(stage, Captured(stage) with { Received = received });
        }
    });

    [Fact]
    public Task Offset_BelowWhatIsKept_IsRefused() => FaultStage.RunAsync(async stage =>
    {
        var handshake = Captured(stage);
        await Transfers.UploadAsync(stage, 32 << 20);

        await RefusedAsync(stage, handshake);
    });

    [Fact]
    public Task Secret_UsedAlready_IsRefused() => FaultStage.RunAsync(async stage =>
    {
        var used = Captured(stage);
        stage.Relay.CutNow(Cut.Reset);
        await stage.ServesAsync();
        Assert.Contains(stage.Relay.Connections.Skip(1), next => next.FirstBytes(Direction.ToServer).Contains(used.Secret, StringComparison.Ordinal));

        await RefusedAsync(stage, used);
    });

    [Fact]
    public Task Secret_OfAnotherName_IsRefused() => FaultStage.RunAsync(async stage =>
    {
        var own = Captured(stage);
        await stage.StartClientAsync();
        var other = ResumeHandshake.From(stage.Relay.Connections[1]);
        Assert.NotEqual(own.Name, other.Name);

        await RefusedAsync(stage, own with { Secret = other.Secret });
        await RefusedAsync(stage, own with { Name = "nobody12" });
        await RefusedAsync(stage, own with { Name = "" });
    });

    [Fact]
    public Task Secret_GuessedAThousandTimes_IsRefusedAThousandTimes() => FaultStage.RunAsync(async stage =>
    {
        var handshake = Captured(stage);
        await Parallel.ForEachAsync(
            Enumerable.Range(0, Attempts),
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = stage.Token },
            async (number, _) =>
            {
                var digits = string.Create(CultureInfo.InvariantCulture, $"{number:d21}");
                var guess = handshake with { Secret = digits + "AB"[number % 2] };
                CheckRefusal(guess, await guess.SendAsync(stage.Server));
            });

        await GoesOnAsync(stage, stage.Relay.Connections.Count);
    });

    [Fact]
    public Task Name_ClaimedWithoutItsKey_IsRefused() => FaultStage.RunAsync(async stage =>
    {
        var connections = stage.Relay.Connections.Count;
        foreach (var key in (string[])["", "x", "AAAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAB", "%%%%%%%%%%%%%%%%%%%%%%", new string('A', 16_000)])
        {
            var head = await ResumeHandshake.ClaimAsync(stage.Server, stage.Client.Name, key);
            Assert.True(head.Status is 400 or 403, $"A claim with the key '{key}' was answered with {head.Status} {head["Iskandar-Error"]}.");
        }

        await GoesOnAsync(stage, connections);
    });

    private static ResumeHandshake Captured(FaultStage stage) => ResumeHandshake.From(stage.Relay.Connections[0]);

    private static async Task RefusedAsync(FaultStage stage, ResumeHandshake handshake)
    {
        var connections = stage.Relay.Connections.Count;

        CheckRefusal(handshake, await handshake.SendAsync(stage.Server));

        await GoesOnAsync(stage, connections);
    }

    private static void CheckRefusal(ResumeHandshake handshake, RawHead head)
    {
        Assert.True(head.Status is 400 or 410, $"{handshake} was answered with {head.Status} {head["Iskandar-Error"]}.");
        Assert.NotNull(head["Iskandar-Error"]);
    }

    /// <summary>On the connection that it had.</summary>
    private static async Task GoesOnAsync(FaultStage stage, int connections)
    {
        await stage.ServesAsync();
        Assert.Equal(connections, stage.Relay.Connections.Count);
    }
}
