using Iskandar.Server;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Iskandar.Tests.Server;

/// <summary>What Kestrel is told.</summary>
public sealed class KestrelLimitsTests
{
    [Fact]
    public void ResponseRate_KernelHoldsMegabytesForSlowVisitor_LastsUntilItAsksForMore()
    {
        var kestrel = new KestrelServerOptions();

        kestrel.ConfigureForIskandar();

        // A third of 4 MiB, which Linux holds at most by default, at 5 kB/s; however little Kestrel itself has still to send.
        var quiet = TimeSpan.FromSeconds(4 * 1024 * 1024 / 3 / 5_000);
        Assert.True(kestrel.Limits.MinResponseDataRate!.GracePeriod > quiet);
    }
}
