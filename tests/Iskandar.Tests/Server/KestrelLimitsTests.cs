using Iskandar.Server;
using Iskandar.Server.Configuration;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Iskandar.Tests.Server;

/// <summary>What Kestrel is told.</summary>
public sealed class KestrelLimitsTests
{
    [Fact]
    public void ResponseRate_KernelHoldsMegabytesForSlowVisitor_LastsUntilItAsksForMore()
    {
        var kestrel = Configure(new IskandarServerOptions());

        // A third of 4 MiB, which Linux holds at most by default, at 5 kB/s; however little Kestrel itself has still to send.
        var quiet = TimeSpan.FromSeconds(4 * 1024 * 1024 / 3 / 5_000);
        Assert.True(kestrel.Limits.MinResponseDataRate!.GracePeriod > quiet);
    }

    [Fact]
    public void UploadRate_Usual_None() => Assert.Null(Configure(new IskandarServerOptions()).Limits.MinRequestBodyDataRate);

    [Fact]
    public void UploadRate_Set_ThatRate() =>
        Assert.Equal(1000, Configure(new IskandarServerOptions { MinUploadRate = 1000 }).Limits.MinRequestBodyDataRate!.BytesPerSecond);

    private static KestrelServerOptions Configure(IskandarServerOptions options)
    {
        using var services = new ServiceCollection().AddSingleton(Options.Create(options)).BuildServiceProvider();
        var kestrel = new KestrelServerOptions { ApplicationServices = services };
        kestrel.ConfigureForIskandar();
        return kestrel;
    }
}
