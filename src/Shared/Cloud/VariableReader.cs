using System.Buffers;
using System.Collections.Immutable;

namespace Automation;

/// <summary>Reads variables and gathers what is wrong with them, so that a person mends all of it in one go.</summary>
internal sealed class VariableReader(Func<string, string?> variable)
{
    private const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    private readonly ImmutableArray<SettingsProblem>.Builder _problems = ImmutableArray.CreateBuilder<SettingsProblem>();

    public ImmutableArray<SettingsProblem> Problems => _problems.ToImmutable();

    /// <summary>A set of ASCII letters, digits and these.</summary>
    public static SearchValues<char> LettersDigitsAnd(string others) => SearchValues.Create(Letters + others);

    /// <returns>null where it is not set, empty (which is how a template leaves one out), or not usable at all; the last is noted.</returns>
    public string? Optional(string name, string expected)
    {
        var value = variable(name);
        if (string.IsNullOrEmpty(value))
        {
            return null;
        }

        if (value.Contains("tskey-", StringComparison.OrdinalIgnoreCase))
        {
            Note(name, "holds a Tailscale secret itself, which everyone who may read the function's configuration sees: revoke it", expected);
            return null;
        }

        return value;
    }

    /// <summary>As <see cref="Optional"/>, and notes where it is not set.</summary>
    public string? Required(string name, string expected)
    {
        if (string.IsNullOrEmpty(variable(name)))
        {
            Note(name, "is not set", expected);
            return null;
        }

        return Optional(name, expected);
    }

    /// <param name="expected">With an example, such as <c>the name of a DynamoDB table, such as tailnet-ledger</c>.</param>
    public void Note(string name, string wrong, string expected) => _problems.Add(new(name, $"{name} {wrong}; expected {expected}."));

    /// <summary>Notes a value that may be shown.</summary>
    public void NoteValue(string name, string value, string expected) => Note(name, $"is '{Printable.Of(value)}'", expected);

    /// <returns>The value where it passes; null, and noted, where it does not.</returns>
    public string? Check(string name, string? value, bool passes, string expected)
    {
        if (value is not null && !passes)
        {
            NoteValue(name, value, expected);
            return null;
        }

        return value;
    }
}
