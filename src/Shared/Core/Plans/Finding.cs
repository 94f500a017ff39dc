namespace Automation.Plans;

/// <summary>Something that a person should know, and what to do about it.</summary>
/// <param name="Rule">A stable word for it, such as <c>overlapping-vpc</c>; docs/operations.md lists them all.</param>
/// <param name="Resource">The id of what it is about.</param>
public sealed record Finding(string Rule, string Severity, string Resource, string Text) : IComparable<Finding>
{
    /// <summary>The rule of a CIDR on its way to another state.</summary>
    public const string Settling = "cidr-settling";

    /// <summary>Rules of what could not be read.</summary>
    public const string ScopeIncomplete = "scope-incomplete", TailnetIncomplete = "tailnet-incomplete", LedgerIncomplete = "ledger-incomplete";

    public const string Error = "error";
    public const string Warning = "warning";
    public const string Info = "info";

    /// <summary>Something could not be read, so the plan may lack steps.</summary>
    public bool IsIncomplete => Rule is ScopeIncomplete or TailnetIncomplete or LedgerIncomplete;

    public int CompareTo(Finding? other) =>
        other is null ? 1
        : string.CompareOrdinal(Rule, other.Rule) is not 0 and var byRule ? byRule
        : string.CompareOrdinal(Resource, other.Resource) is not 0 and var byResource ? byResource
        : string.CompareOrdinal(Text, other.Text);
}
