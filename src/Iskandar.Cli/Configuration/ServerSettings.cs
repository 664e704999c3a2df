using System.Globalization;
using Iskandar.Server.Configuration;
using Microsoft.Extensions.Logging;

namespace Iskandar.Cli.Configuration;

/// <summary>What <c>iskandar server</c> was told, checked.</summary>
internal sealed class ServerSettings
{
    private static readonly Setting ListenSetting = new(
        "listen",
        "[scheme://]host:port",
        "Address to listen on, :port for any address; https:// for TLS with HTTP/2 and HTTP/1.1, h2c:// for HTTP/2 in clear, else HTTP/1.1 in clear. Repeatable. Default 127.0.0.1:8080.",
        IsList: true);

    private static readonly Setting CertificateSetting = new("tls-certificate", "file", "Certificate for https addresses, with its chain behind it, in PEM. Read again when it changes.");

    private static readonly Setting KeySetting = new("tls-key", "file", "Private key of the certificate, in PEM, without a passphrase.");

    private static readonly Setting Http3Setting = new("http3", "on|off", "HTTP/3 at https addresses too, where the system has libmsquic. Default off.");

    private static readonly Setting SecretFileSetting = new(
        "secret-file", "file", "The server's secret, with which a client gets its name back. Made when it is missing; servers may share it. Default iskandar/server-secret in your state folder.");

    private static readonly ServerOption[] Options = ServerOption.CreateTable();

    private readonly List<Action<IskandarServerOptions>> _assignments = [];

    private ServerSettings()
    {
    }

    /// <summary>Every setting of the command and of the file's <c>server</c> section.</summary>
    public static IReadOnlyList<Setting> All { get; } =
    [
        .. Options.Take(1).Select(o => o.Setting), ListenSetting, CertificateSetting, KeySetting, Http3Setting, SecretFileSetting,
        .. Options.Skip(1).Select(o => o.Setting), LogSetting.Setting,
    ];

    /// <summary>Where to listen; at least one, ports settled.</summary>
    public IReadOnlyList<ListenAddress> Listen { get; private set; } = [];

    /// <summary>What https addresses show; null when there is none of them.</summary>
    public ServerCertificate? Certificate { get; private set; }

    /// <summary>Whether https addresses are to speak HTTP/3 as well.</summary>
    public bool Http3 { get; private set; }

    /// <summary>The secret in the file that was asked for; null when none was.</summary>
    public ServerSecret? Secret { get; private set; }

    public LogLevel LogLevel { get; private set; } = LogLevel.Warning;

    /// <summary>Reads every setting.</summary>
    /// <param name="reader">Where from.</param>
    /// <param name="problems">Takes all that is wrong. The result is good for nothing unless this stays empty.</param>
    public static ServerSettings Read(SettingReader reader, ICollection<string> problems)
    {
        var settings = new ServerSettings();
        settings.ReadListen(reader, problems);
        settings.ReadTls(reader, problems);
        settings.LogLevel = LogSetting.Read(reader, problems);
        settings.ReadOptions(reader, problems);
        settings.Secret = reader.ReadOne(SecretFileSetting) is { } file ? ServerSecret.Load(file, problems) : null;
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
        var scheme = Listen[0].Scheme == ListenScheme.Https ? "https" : "http";
        var port = Listen[0].Port;
        _assignments.Add(options => options.PublicUrl = new Uri(string.Create(CultureInfo.InvariantCulture, $"{scheme}://localhost:{port}")));
    }

    private void ReadTls(SettingReader reader, ICollection<string> problems)
    {
        var https = Listen.FirstOrDefault(address => address.Scheme == ListenScheme.Https);
        var (certificate, key) = (reader.ReadOne(CertificateSetting), reader.ReadOne(KeySetting));
        if (certificate is not null && key is not null)
        {
            Certificate = ServerCertificate.Load(new CertificateFiles(certificate, key), TimeProvider.System, problems);
        }
        else if (https is not null || certificate is not null || key is not null)
        {
            var wanted = https?.Url ?? (certificate ?? key)!.Place;
            AddIfMissing(certificate, CertificateSetting);
            AddIfMissing(key, KeySetting);

            void AddIfMissing(SettingValue? value, Setting setting)
            {
                if (value is null)
                {
                    problems.Add($"{setting.Flag}: expected a file, since there is {wanted}.");
                }
            }
        }

        if (reader.ReadOne(Http3Setting) is { } http3)
        {
            Http3 = http3.Text == "on";
            if (http3.Text is not ("on" or "off"))
            {
                problems.Add(http3.Complaint("on or off"));
            }
            else if (Http3 && https is null)
            {
                problems.Add($"{http3.Place}: HTTP/3 needs TLS: expected an https address among those of {ListenSetting.Flag}.");
            }
        }
    }

    private void ReadOptions(SettingReader reader, ICollection<string> problems)
    {
        var places = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var option in Options)
        {
            var values = reader.Read(option.Setting);
            if (values.Count > 0 && option.Clear is { } clear)
            {
                _assignments.Add(clear);
            }

            foreach (var value in values)
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
