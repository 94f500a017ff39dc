namespace Automation;

/// <summary>Text that must never be read by a person: printing, logging or comparing it shows only that it is there.</summary>
public sealed class Secret
{
    private readonly string _value;

    public Secret(string value)
    {
        ArgumentException.ThrowIfNullOrEmpty(value);
        _value = value;
    }

    /// <summary>Hands out the text itself. Only for a request that needs it.</summary>
    public string Reveal() => _value;

    public override string ToString() => "(secret)";
}
