using Iskandar.FunctionalTests.Infrastructure;

namespace Iskandar.FunctionalTests.Flows;

/// <summary>Each command has found all event loops of its runtime: else tunnels would work as before, only slower.</summary>
public sealed class EventLoopFlowTests(Stage stage)
{
    [Fact]
    public void Server_HasOneLoopFewerThanProcessors() =>
        Assert.Equal(Math.Max(1, Environment.ProcessorCount - 1), LoopsOf(stage.Server.Process));

    [Fact]
    public void Client_HasOneLoopForTwoProcessorsUpToFour() =>
        Assert.Equal(Math.Clamp(Environment.ProcessorCount / 2, 1, 4), LoopsOf(stage.Client.Process));

    // Every loop listens on a datagram socket of its own, with a name that says whose it is.
    private static int LoopsOf(ProcessUnderTest process)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux has such loops.");
        var own = process.Sockets();
        return File.ReadLines("/proc/net/unix")
            .Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Count(fields => fields is [.., var inode, var name] && name.StartsWith("@iskandar-", StringComparison.Ordinal) && own.Contains(inode));
    }
}
