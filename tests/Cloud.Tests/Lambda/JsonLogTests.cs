using System.Text.Json;
using CsCheck;
using Microsoft.Extensions.Logging;

namespace Automation.Lambda;

public sealed partial class JsonLogTests
{
    private const string SecretTail = "auth-kEXAMPLE1CNTRL-abcdef0123456789_Z";

    [Fact]
    public void Writes_the_members_that_Lambda_and_people_search_by()
    {
        var lines = new Lines();
        using (lines.Log.BeginScope(Lines.AnInvocation("request-1", "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1")))
        {
            RoutesApproved(lines.Log, 3, "n000001CNTRL");
        }

        Assert.Equal(
            """
            {"level":"INFO","message":"3 routes were approved on n000001CNTRL.","timestamp":"2026-03-04T09:15:27.045Z","service":"tailnet","cold_start":true,"function_name":"tailnet-reconcile","function_request_id":"request-1","xray_trace_id":"1-5759e988-bd862e3fe1be46a994272793","event_id":2001,"count":3,"device":"n000001CNTRL"}
            """,
            lines.Only);
    }

    [Fact]
    public void Marks_lines_of_the_start_and_of_the_first_invocation_as_cold_and_no_others()
    {
        var lines = new Lines();
        RoutesApproved(lines.Log, 0, "");
        foreach (var request in new[] { "first", "second" })
        {
            using (lines.Log.BeginScope(Lines.AnInvocation(request)))
            {
                RoutesApproved(lines.Log, 1, "");
            }
        }

        RoutesApproved(lines.Log, 2, "");

        Assert.Equal([true, true, false, false], lines.AllJson.Select(line => line.GetProperty("cold_start").GetBoolean()));
        Assert.Equal([null, "first", "second", null], lines.AllJson.Select(line => line.TryGetProperty("function_request_id", out var id) ? id.GetString() : null));
    }

    [Fact]
    public async Task Keeps_the_request_id_of_work_that_outlives_its_invocation()
    {
        var lines = new Lines();
        var gate = new TaskCompletionSource();
        async Task LateWorkAsync()
        {
            await gate.Task;
            RoutesApproved(lines.Log, 1, "late");
        }

        async Task<Task> InvocationAsync(string request, Func<Task> work)
        {
            await Task.CompletedTask;
            using var scope = lines.Log.BeginScope(Lines.AnInvocation(request));
            return work();
        }

        var late = await InvocationAsync("first", LateWorkAsync);
        await InvocationAsync("second", () =>
        {
            gate.SetResult();
            return Task.CompletedTask;
        });
        await late;

        Assert.Equal("first", lines.Json.GetProperty("function_request_id").GetString());
    }

    [Theory]
    [InlineData(LogLevel.Trace, "TRACE")]
    [InlineData(LogLevel.Debug, "DEBUG")]
    [InlineData(LogLevel.Information, "INFO")]
    [InlineData(LogLevel.Warning, "WARN")]
    [InlineData(LogLevel.Error, "ERROR")]
    [InlineData(LogLevel.Critical, "FATAL")]
    public void Uses_Lambda_s_words_for_levels_both_ways(LogLevel level, string word)
    {
        var lines = new Lines();

        Write(lines, level, "x");

        Assert.Equal(word, lines.Json.GetProperty("level").GetString());
        Assert.Equal(level, LogLevels.Parse(word));
    }

    [Fact]
    public void Writes_nothing_below_the_threshold()
    {
        var lines = new Lines(LogLevel.Warning);

        Write(lines, LogLevel.Information, "no");
        Write(lines, LogLevel.Warning, "yes");

        Assert.Equal("yes", lines.Json.GetProperty("message").GetString());
    }

    [Fact]
    public void Writes_an_exception_with_its_cause()
    {
        var lines = new Lines();

        Write(lines, LogLevel.Error, "x", new InvalidOperationException("outer", new IOException("inner")));

        var exception = lines.Json.GetProperty("exception");
        Assert.Equal("InvalidOperationException", exception.GetProperty("type").GetString());
        Assert.Equal("outer", exception.GetProperty("message").GetString());
        Assert.Equal(JsonValueKind.String, exception.GetProperty("stackTrace").ValueKind);
        Assert.Equal("inner", exception.GetProperty("cause").GetProperty("message").GetString());
    }

    [Fact]
    public void Writes_numbers_truths_lists_instants_and_nothing_as_such()
    {
        var lines = new Lines();
        Fields(lines.Log, 1.5, double.NaN, true, ["10.0.0.0/16", "10.1.0.0/16"], DateTimeOffset.UnixEpoch, null);

        var json = lines.Json;
        Assert.Equal(1.5, json.GetProperty("number").GetDouble());
        Assert.Equal("NaN", json.GetProperty("noNumber").GetString());
        Assert.True(json.GetProperty("truth").GetBoolean());
        Assert.Equal(["10.0.0.0/16", "10.1.0.0/16"], json.GetProperty("list").EnumerateArray().Select(item => item.GetString()));
        Assert.Equal("1970-01-01T00:00:00.0000000+00:00", json.GetProperty("instant").GetString());
        Assert.Equal(JsonValueKind.Null, json.GetProperty("nothing").ValueKind);
    }

    [Fact]
    public void Never_lets_a_field_stand_in_for_the_level()
    {
        var lines = new Lines();
        LevelField(lines.Log, "FATAL");

        var members = lines.Json.EnumerateObject().Where(member => member.Name is "level").ToList();
        Assert.Equal("INFO", Assert.Single(members).Value.GetString());
        Assert.Equal("FATAL", lines.Json.GetProperty("field_level").GetString());
    }

    [Fact]
    public void Strikes_out_a_Tailscale_secret_wherever_it_stands()
    {
        var secret = "tskey-" + SecretTail;
        foreach (var text in new[] { false, true })
        {
            var lines = new Lines(text: text);
            RoutesApproved(lines.Log, 1, secret);
            Write(lines, LogLevel.Error, $"key={secret}, and TSKEY-{SecretTail}", new IOException($"refused '{secret}'", new IOException(secret)));
            Fields(lines.Log, 0, 0, true, [secret], default, null);
            lines.Metrics.Count("Nothing");
            lines.Metrics.Flush();

            Assert.Equal(4, lines.All.Length);
            Assert.All(lines.All, line => Assert.DoesNotContain("kEXAMPLE", line, StringComparison.Ordinal));
            Assert.Contains("key=tskey-(redacted), and TSKEY-(redacted)", lines.All[1], StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Leaves_the_bare_word_alone_so_that_a_message_can_speak_of_it() =>
        Assert.Equal("begins with tskey-.", Redaction.Of("begins with tskey-."));

    [Fact]
    public void Writes_one_line_of_JSON_whatever_the_text() =>
        Gen.String[Gen.Char, 0, 40].Sample(text =>
        {
            var lines = new Lines();
            Write(lines, LogLevel.Error, text, new InvalidOperationException(text));
            RoutesApproved(lines.Log, 1, text);
            return lines.AllJson.Length == 2;
        });

    [Fact]
    public void Writes_one_line_of_text_where_Lambda_asks_for_text()
    {
        var lines = new Lines(text: true);
        using (lines.Log.BeginScope(Lines.AnInvocation()))
        {
            Write(lines, LogLevel.Warning, "first\nsecond\r\nthird", new IOException("cause"));
        }

        Assert.Equal("2026-03-04T09:15:27.045Z WARN request-1 first | second | third | System.IO.IOException: cause", lines.Only);
    }

    [Fact]
    public void Cuts_a_text_that_would_fill_the_log()
    {
        var lines = new Lines();

        RoutesApproved(lines.Log, 1, new string('x', 1_000_000));

        Assert.InRange(lines.Only.Length, 1_000, 100_000);
    }

    [Fact]
    public void Does_not_throw_where_a_value_cannot_be_printed()
    {
        var lines = new Lines();

        lines.Log.Log(LogLevel.Information, new EventId(7), "state", null, (_, _) => throw new InvalidOperationException("hidden"));

        Assert.Equal("The message of event 7 could not be written: InvalidOperationException.", lines.Json.GetProperty("message").GetString());
        Assert.Equal("ERROR", lines.Json.GetProperty("level").GetString());
    }

    [Fact]
    public void Does_not_throw_where_the_reader_is_gone()
    {
        var broken = new LogLines(new BrokenPipe());

        Assert.Null(Record.Exception(() => broken.Write("x")));
    }

    [Fact]
    public void Reads_format_and_level_as_Lambda_sets_them()
    {
        var environment = new Dictionary<string, string?> { ["AWS_LAMBDA_LOG_FORMAT"] = "Text", ["AWS_LAMBDA_LOG_LEVEL"] = "warn" };
        var read = LambdaEnvironment.Read(environment.GetValueOrDefault);

        Assert.True(read.TextLog);
        Assert.Equal(LogLevel.Warning, read.Threshold);
        Assert.Null(read.RuntimeApi);
        Assert.Equal(LogLevel.Information, LambdaEnvironment.Read(_ => null).Threshold);
        Assert.False(LambdaEnvironment.Read(_ => null).TextLog);
    }

    private static void Write(Lines lines, LogLevel level, string message, Exception? error = null) =>
        lines.Log.Log(level, default, message, error, (text, _) => text);

    [LoggerMessage(2001, LogLevel.Information, "{Count} routes were approved on {Device}.")]
    private static partial void RoutesApproved(ILogger log, int count, string device);

    [LoggerMessage(2002, LogLevel.Information, "{Number} {NoNumber} {Truth} {List} {Instant} {Nothing}")]
    private static partial void Fields(
        ILogger log, double number, double noNumber, bool truth, IEnumerable<string> list, DateTimeOffset instant, string? nothing);

    [LoggerMessage(2003, LogLevel.Information, "A field called {Level}.")]
    private static partial void LevelField(ILogger log, string level);

    private sealed class BrokenPipe : MemoryStream
    {
        public override void Write(ReadOnlySpan<byte> buffer) => throw new IOException("Broken pipe");
    }
}
