using System.Collections.Immutable;

namespace Automation;

/// <param name="Text">What is wrong and what is expected instead, with an example; a sentence that begins with the variable's name.</param>
public sealed record SettingsProblem(string Variable, string Text);

/// <summary>The environment does not say what is needed. Holds every problem, not only the first, and no secret.</summary>
public sealed class SettingsException(ImmutableArray<SettingsProblem> problems)
    : Exception($"The environment has {problems.Length} problem(s):\n{string.Join('\n', problems.Select(problem => "- " + problem.Text))}")
{
    public ImmutableArray<SettingsProblem> Problems => problems;
}
