using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Automation.Fuzz;

/// <summary>Options, progress on standard error, and the figures on standard output.</summary>
internal static class CommandLine
{
    private const string Help =
        """
        Lets made-up inputs into everything that reads what comes from outside, and sees that none crashes, hangs,
        allocates without bounds, or does what it must not. docs/fuzzing.md says what that is for each target.

            tests/Fuzz/run [--inputs 1000000] [--seed 1] [--target NAME]... [--first 0] [--output table|json]

          --inputs N       how many in all; each target gets its share
          --seed N         other inputs; the same for the same seed, whatever ran before
          --target NAME    only this target, and all inputs for it; may be given several times
          --first N        the number of the first input of each target: ranges can be run apart, and one input alone
          --output FORMAT  table (Markdown) or json
          --help           this

        It exits with 1 on a finding, whose input is then in a file below artifacts/fuzz, and with 2 where the options are wrong.
        """;

    private static readonly JsonSerializerOptions s_json = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static int Run(string[] args, TextWriter output, TextWriter told)
    {
        if (args.Contains("--help") || args.Contains("-h"))
        {
            output.WriteLine(Help);
            output.WriteLine();
            output.WriteLine($"Targets: {string.Join(", ", Targets.All.Select(target => target.Name))}");
            return 0;
        }

        if (!TryRead(args, told, out var options))
        {
            return 2;
        }

        var chosen = Targets.All.Where(target => options.Targets.Count == 0 || options.Targets.Contains(target.Name)).ToArray();
        var shares = chosen.Sum(target => (long)target.Share);
        var runner = new Runner(options.Seed, TimeProvider.System);
        var tallies = new List<Tally>();
        foreach (var target in chosen)
        {
            var inputs = Math.Max(1, options.Targets.Count == 1 ? options.Inputs : options.Inputs * target.Share / shares);
            var step = Math.Max(1, inputs / 20);
            var tally = runner.Run(target, options.First, inputs, done =>
            {
                if (done % step == 0)
                {
                    told.Write(string.Create(CultureInfo.InvariantCulture, $"\r{target.Name}: {done} of {inputs}   "));
                }
            });
            told.WriteLine();
            tally.Finding?.Save(options.Seed, told);
            tallies.Add(tally);
        }

        output.WriteLine(options.Json ? Json(options.Seed, tallies) : Table(tallies));
        return tallies.Exists(tally => tally.Finding is not null) ? 1 : 0;
    }

    private static bool TryRead(string[] args, TextWriter told, out Options options)
    {
        options = new();
        for (var at = 0; at < args.Length; at += 2)
        {
            var (name, value) = (args[at], at + 1 < args.Length ? args[at + 1] : "");
            var number = long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var read) ? read : -1;
            switch (name)
            {
                case "--inputs" when number > 0:
                    options = options with { Inputs = number };
                    break;
                case "--seed" when number is >= 0 and <= int.MaxValue:
                    options = options with { Seed = (int)number };
                    break;
                case "--first" when number >= 0:
                    options = options with { First = number };
                    break;
                case "--target" when Targets.All.Any(target => target.Name == value):
                    options.Targets.Add(value);
                    break;
                case "--output" when value is "table" or "json":
                    options = options with { Json = value == "json" };
                    break;
                default:
                    told.WriteLine($"'{name} {value}' is no option with its value. --help says which there are.");
                    return false;
            }
        }

        return true;
    }

    private static string Table(IEnumerable<Tally> tallies)
    {
        string[] heads = ["target", "inputs", "accepted", "refused", "slowest", "most allocated", "for a byte", "outcomes"];
        var lines = tallies.Select(tally => new[]
        {
            tally.Target,
            Number(tally.Inputs),
            Number(tally.Accepted),
            string.Join(", ", tally.Refused.Select(error => $"{error.Key} {Number(error.Value)}")),
            string.Create(CultureInfo.InvariantCulture, $"{tally.Slowest.TotalMilliseconds:0.0} ms"),
            string.Create(CultureInfo.InvariantCulture, $"{tally.MostAllocated / 1024.0:#,0} KB"),
            string.Create(CultureInfo.InvariantCulture, $"{tally.MostForAByte:0}"),
            Number(tally.Outcomes) + (tally.Finding is null ? "" : ", and a finding"),
        });
        return string.Join('\n', lines.Prepend([.. heads.Select(_ => "---")]).Prepend(heads).Select(cells => $"| {string.Join(" | ", cells)} |"));
    }

    private static string Json(int seed, IEnumerable<Tally> tallies) => new JsonObject
    {
        ["seed"] = seed,
        ["targets"] = new JsonArray([.. tallies.Select(tally => new JsonObject
        {
            ["target"] = tally.Target,
            ["inputs"] = tally.Inputs,
            ["accepted"] = tally.Accepted,
            ["refused"] = new JsonObject(tally.Refused.Select(error => KeyValuePair.Create(error.Key, (JsonNode?)error.Value))),
            ["slowestMilliseconds"] = tally.Slowest.TotalMilliseconds,
            ["slowestInput"] = tally.SlowestInput,
            ["mostAllocated"] = tally.MostAllocated,
            ["mostAllocatedInput"] = tally.MostAllocatedInput,
            ["mostAllocatedForAByte"] = Math.Round(tally.MostForAByte, 1),
            ["outcomes"] = tally.Outcomes,
            ["finding"] = tally.Finding?.What,
        })]),
    }.ToJsonString(s_json);

    private static string Number(long number) => number.ToString("#,0", CultureInfo.InvariantCulture);

    private sealed record Options
    {
        public long Inputs { get; init; } = 1_000_000;

        public int Seed { get; init; } = 1;

        public long First { get; init; }

        public List<string> Targets { get; } = [];

        public bool Json { get; init; }
    }
}
