using System.Globalization;
using Iskandar.Server.Configuration;
using Microsoft.Extensions.Logging;

namespace Iskandar.Cli.Configuration;

/// <summary>What <c>iskandar server</c> was told, checked.</summary>
internal sealed class ServerSettings
{
    private static readonly Setting ListenSetting = new(
        "listen", "host:port", "Address to listen on, :port for any address. Repeatable. Default 127.0.0.1:8080.", IsList: true);

    private static readonly ServerOption[] Options = ServerOption.CreateTable();

    private readonly List<Action<IskandarServerOptions>> _assignments = [];

    private ServerSettings()
    {
    }

    /// <summary>Every setting of the command and of the file's <c>server</c> section.</summary>
    public static IReadOnlyList<Setting> All { get; } =
        [.. Options.Take(1).Select(o => o.Setting), ListenSetting, .. Options.Skip(1).Select(o => o.Setting), LogSetting.Setting];

    /// <summary>Where to listen; at least one, ports settled.</summary>
    public IReadOnlyList<ListenAddress> Listen { get; private set; } = [];

    public LogLevel LogLevel { get; private set; } = LogLevel.Warning;

    /// <summary>Reads every setting.</summary>
    /// <param name="reader">Where from.</param>
    /// <param name="problems">Takes all that is wrong. The result is good for nothing unless this stays empty.</param>
    public static ServerSettings Read(SettingReader reader, ICollection<string> problems)
    {
        var settings = new ServerSettings();
        settings.ReadListen(reader, problems);
        settings.LogLevel = LogSetting.Read(reader, problems);
        settings.ReadOptions(reader, problems);
        return settings;
    }

    /// <summary>Puts what was set into the server's options.</summary>
    public void Apply(IskandarServerOptions options) => _assignments.ForEach(assign => assign(options));

    private void ReadListen(SettingReader reader, ICollection<string> problems)
    {
        var addresses = new List<ListenAddress>();
        var values = reader.Read(ListenSetting);
        foreach (var value in values)
        {
            if (ListenAddress.Parse(value.Text) is { } address)
            {
                addresses.Add(address.WithRealPort());
            }
            else
            {
                problems.Add(value.Complaint(ListenAddress.Expected));
            }
        }

        Listen = addresses.Count > 0 ? addresses : [ListenAddress.Parse("127.0.0.1:8080")!];

        // What reaches the server on this machine unless a public URL says better.
        var port = Listen[0].Port;
        _assignments.Add(options => options.PublicUrl = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://localhost:{port}")));
    }

    private void ReadOptions(SettingReader reader, ICollection<string> problems)
    {
        var places = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var option in Options)
        {
            foreach (var value in reader.Read(option.Setting))
            {
                places[option.Setting.Name] = value.Place;
                if (option.Parse(value.Text) is { } assign)
                {
                    _assignments.Add(assign);
                }
                else
                {
                    problems.Add(value.Complaint(option.Expected));
                }
            }
        }

        var trial = new IskandarServerOptions();
        Apply(trial);
        foreach (var failure in new IskandarServerOptionsValidator().Validate(null, trial).Failures ?? [])
        {
            // "max-message: expected ..." becomes "--max-message: expected ...", or whatever place it was.
            var name = failure.Split(':')[0];
            problems.Add(places.TryGetValue(name, out var place) ? place + failure[name.Length..] : failure);
        }
    }
}
