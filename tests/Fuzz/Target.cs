namespace Automation.Fuzz;

/// <summary>A place where something from outside comes in.</summary>
internal abstract class Target
{
    /// <summary>As <c>--target</c> takes it.</summary>
    public abstract string Name { get; }

    /// <summary>How much of all inputs it gets, beside the others: cheap ones get more.</summary>
    public abstract int Share { get; }

    /// <summary>What an input of this length may have allocated at most.</summary>
    public abstract AllocationLimit Limit { get; }

    /// <summary>It runs on other threads too.</summary>
    public virtual bool IsAsynchronous => false;

    /// <summary>Makes one input out of chance alone.</summary>
    public abstract Input Make(Dice dice);
}

/// <param name="Fixed">In bytes, whatever the length: what the machinery around needs.</param>
/// <param name="PerByte">For each byte of the input.</param>
internal readonly record struct AllocationLimit(long Fixed, long PerByte)
{
    public long Of(int length) => Fixed + (PerByte * length);
}

/// <param name="Bytes">What comes in, as it goes into the file of a finding.</param>
/// <param name="Try">Lets it in. Anything that this throws is a finding.</param>
internal sealed record Input(byte[] Bytes, Func<Outcome> Try);

/// <param name="Accepted">It was taken for what it should be.</param>
/// <param name="Kind">What it was taken for, or the named error that refused it.</param>
/// <param name="Text">The error's text, or more of what it was taken for: outcomes are told apart by it, numbers and quoted parts aside.</param>
internal sealed record Outcome(bool Accepted, string Kind, string Text = "")
{
    public static Outcome Of(string kind, string text = "") => new(true, kind, text);

    /// <summary>It was refused with an error that says what is wrong, in a text that is fit for a log.</summary>
    public static Outcome Refused(Exception error) => new(false, error.GetType().Name, Must.BeFitForALog(error.Message));
}

/// <summary>What must be so was not.</summary>
internal sealed class WrongException(string message) : Exception(message);

internal static class Must
{
    /// <summary>More than any message of the automation has: each part that comes from outside is cut at 120 characters.</summary>
    private const int LongestMessage = 1500;

    public static void Be(bool so, string otherwise)
    {
        if (!so)
        {
            throw new WrongException(otherwise);
        }
    }

    public static string BeFitForALog(string message, bool mayHaveLines = false, int longest = LongestMessage)
    {
        Be(message.Length > 0, "the message is empty");
        Be(message.Length <= longest, $"the message has {message.Length} characters");
        Be(!message.Any(letter => char.IsControl(letter) && !(mayHaveLines && letter == '\n')), "the message has control characters");
        return message;
    }

    /// <summary>No six characters in a row of a secret.</summary>
    public static void NotTell(string secret, string message)
    {
        const int few = 6;
        for (var at = 0; at + few <= secret.Length; at++)
        {
            Be(!message.Contains(secret.AsSpan(at, few), StringComparison.Ordinal), "the message tells a part of a secret");
        }
    }
}
