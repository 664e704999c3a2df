using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace Iskandar.Cli.Configuration;

/// <summary>The server's secret, from a file that holds it as base64 text and is made when it is missing. Several servers may share the file.</summary>
internal sealed class ServerSecret
{
    private const int Size = 32;
    private const int LargestFile = 4096;
    private const string Name = "server-secret";

    private ServerSecret(byte[] bytes, string? warning)
    {
        Bytes = bytes;
        Warning = warning;
    }

    /// <summary>The secret itself, at least 32 bytes. Never to be shown.</summary>
    public byte[] Bytes { get; }

    /// <summary>What the user should know about it, or null.</summary>
    public string? Warning { get; }

    /// <summary>Reads or makes the file that was asked for. Its folder has to be there.</summary>
    /// <param name="file">The file.</param>
    /// <param name="problems">Takes what is wrong.</param>
    /// <returns>Null when something is.</returns>
    public static ServerSecret? Load(SettingValue file, ICollection<string> problems)
    {
        if (TryLoad(file.Text, createFolder: false, out var secret, out var problem))
        {
            return secret;
        }

        problems.Add($"{file.Place}: {problem}");
        return null;
    }

    /// <summary>Reads or makes the file in the state folder. Where that can't be, it is a secret of this run.</summary>
    /// <param name="folder">The state folder, or null: there is none.</param>
    public static ServerSecret OfState(string? folder)
    {
        var problem = "this user has no folder for it.";
        return folder is not null && TryLoad(Path.Combine(folder, Name), createFolder: true, out var secret, out problem)
            ? secret
            : new ServerSecret(
                RandomNumberGenerator.GetBytes(Size),
                $"The server's secret can't be kept: {problem} Tunnels will have other names after a restart. Choose a file for it with --secret-file.");
    }

    private static bool TryLoad(string path, bool createFolder, [NotNullWhen(true)] out ServerSecret? secret, out string problem)
    {
        secret = null;
        problem = "";
        try
        {
            var folder = Path.GetDirectoryName(Path.GetFullPath(path));
            if (createFolder && folder is not null)
            {
                PrivateFile.CreateFolder(folder);
            }
            else if (!Directory.Exists(folder))
            {
                problem = $"there is no folder {folder}.";
                return false;
            }

            // Another server may make it meanwhile: what counts is what is read.
            if (!File.Exists(path))
            {
                PrivateFile.TryCreate(path, Encoding.ASCII.GetBytes(Convert.ToBase64String(RandomNumberGenerator.GetBytes(Size)) + "\n"));
            }

            var content = PrivateFile.Read(path, LargestFile, out var isOpenToOthers);
            if (content is null || Decode(content) is not { Length: >= Size } bytes)
            {
                problem = $"{path} holds no secret: expected at least {Size} bytes as base64 text. Without the file, a new one is made.";
                return false;
            }

            secret = new ServerSecret(bytes, isOpenToOthers
                ? $"The server's secret is open to others on this machine, who could take tunnels' names with it: chmod 600 {path}"
                : null);
            return true;
        }
        catch (Exception exception) when (PrivateFile.IsRefusal(exception))
        {
            problem = $"{path} can't be read or made: {exception.Message}";
            return false;
        }
    }

    private static byte[]? Decode(byte[] content)
    {
        var bytes = new byte[content.Length];
        return Convert.TryFromBase64String(Encoding.UTF8.GetString(content), bytes, out var length) ? bytes[..length] : null;
    }
}
