using System.Diagnostics;
using System.Globalization;
using Iskandar.FunctionalTests.Infrastructure;

namespace Iskandar.FunctionalTests.Faults;

/// <summary>
/// A network namespace behind two links: one that loses and delays packets, where the tunnel goes, and one that is good, where the app is. Needs root,
/// <c>ip</c> and <c>tc</c>, and a kernel with netem.
/// </summary>
public sealed class LossyNetwork : IAsyncDisposable
{
    private const string Impairment = "loss 5% delay 50ms";
    private readonly string _name;
    private readonly int _number;

    private LossyNetwork(int number)
    {
        _number = number;
        _name = string.Create(CultureInfo.InvariantCulture, $"iskandar{number}");
    }

    /// <summary>This side's address on the lossy link.</summary>
    public string ServerAddress => Address(0, 1);

    /// <summary>This side's address on the good link.</summary>
    public string AppAddress => Address(1, 1);

    /// <summary>The executable under test, in the namespace.</summary>
    public IReadOnlyList<string> Command => ["ip", "netns", "exec", _name, Executable.Path];

    /// <summary>Makes one.</summary>
    /// <returns>It, or why there is none.</returns>
    public static async Task<(LossyNetwork? Network, string? Problem)> CreateAsync()
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
        {
            return (null, "needs root on Linux");
        }

        // 198.18.0.0/15 is for tests of networks (RFC 2544).
        var network = new LossyNetwork(Random.Shared.Next(1, 10_000));
        var problem = await network.SetUpAsync();
        if (problem is null)
        {
            return (network, null);
        }

        await network.DisposeAsync();
        return (null, problem);
    }

    public async ValueTask DisposeAsync()
    {
        // The links on this side go with those in the namespace, or were left alone when that could not be made.
        await RunAsync("ip", $"netns del {_name}");
        for (var link = 0; link < 2; link++)
        {
            await RunAsync("ip", $"link del {Link(link)}");
        }
    }

    private async Task<string?> SetUpAsync()
    {
        List<(string Program, string Arguments)> steps = [("ip", $"netns add {_name}")];
        for (var link = 0; link < 2; link++)
        {
            steps.Add(("ip", $"link add {Link(link)} type veth peer name link{link} netns {_name}"));
            steps.Add(("ip", $"addr add {Address(link, 1)}/30 dev {Link(link)}"));
            steps.Add(("ip", $"-n {_name} addr add {Address(link, 2)}/30 dev link{link}"));
            steps.Add(("ip", $"link set {Link(link)} up"));
            steps.Add(("ip", $"-n {_name} link set link{link} up"));
        }

        steps.Add(("ip", $"-n {_name} link set lo up"));
        steps.Add(("tc", $"qdisc add dev {Link(0)} root netem {Impairment}"));
        steps.Add(("ip", $"netns exec {_name} tc qdisc add dev link0 root netem {Impairment}"));
        foreach (var (program, arguments) in steps)
        {
            if (await RunAsync(program, arguments) is { } problem)
            {
                return $"{program} {arguments}: {problem}";
            }
        }

        return null;
    }

    private string Link(int link) => string.Create(CultureInfo.InvariantCulture, $"isk{_number}l{link}");

    private string Address(int link, int side) => string.Create(
        CultureInfo.InvariantCulture, $"198.18.{_number * 8 / 256 % 256}.{(_number * 8 % 256) + (link * 4) + side}");

    /// <returns>What went wrong, or null.</returns>
    private static async Task<string?> RunAsync(string program, string arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
            var errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
            await process.StandardOutput.ReadToEndAsync(CancellationToken.None).WithinAsync($"{program} {arguments}");
            await process.WaitForExitAsync(CancellationToken.None).WithinAsync($"{program} {arguments}");
            return process.ExitCode == 0 ? null : (await errors).Trim();
        }
        catch (System.ComponentModel.Win32Exception missing)
        {
            return missing.Message;
        }
    }
}
