using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Running;
using Iskandar.Benchmarks;

if (args is ["allocations"])
{
    await AllocationTypes.PrintAsync();
    return;
}

// In this process: what the toolchain would generate and build for each benchmark isn't built as the rest of the repository is.
var config = ManualConfig.Create(DefaultConfig.Instance).WithArtifactsPath("artifacts/bench");
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(["--inProcess", .. args], config);
