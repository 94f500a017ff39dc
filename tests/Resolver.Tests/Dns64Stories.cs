namespace Automation.Resolvers;

/// <summary>The generated configuration in a real named, which asks a real named that stands in for the VPC's resolver.</summary>
public sealed class Dns64Stories
{
    private static readonly (string, string)[] s_zones = [("corp.internal", Vpc.Corp), ("example.com", Vpc.Example), ("10.in-addr.arpa", Vpc.Reverse)];

    [Fact]
    public async Task Two_VPCs_with_the_same_addresses_answer_the_same_name_with_different_ones()
    {
        await using var seventh = await Vpc.StartAsync(7, [.. s_zones, ("only.internal", "$TTL 60\n@ SOA ns hostmaster 1 60 60 60 60\n@ NS ns\nns A 10.0.0.9\napp A 10.0.2.1")]);
        await using var other = await Vpc.StartAsync(24318, s_zones);

        Assert.Equal("NOERROR | db.corp.internal AAAA fd7a:115c:a1e0:b1a:0:7:a00:105", await seventh.AskAsync("db.corp.internal", "AAAA"));
        // The framework prints this site in another form.
        Assert.Equal("NOERROR | db.corp.internal AAAA fd7a:115c:a1e0:b1a:0:5efe:10.0.1.5", await other.AskAsync("db.corp.internal", "AAAA"));
        Assert.Equal("NOERROR | app.only.internal AAAA fd7a:115c:a1e0:b1a:0:7:a00:201", await seventh.AskAsync("app.only.internal", "AAAA"));
        Assert.Equal("SERVFAIL", await other.AskAsync("app.only.internal", "AAAA"));   // its resolver refuses
    }

    [Fact]
    public async Task Answers_lead_into_the_VPC_and_leave_the_rest_of_the_world_as_it_is()
    {
        await using var vpc = await Vpc.StartAsync(7, s_zones);
        (string Name, string Type, string Answer)[] expected =
        [
            ("alias2.corp.internal", "AAAA", "NOERROR | alias2.corp.internal CNAME alias.corp.internal | alias.corp.internal CNAME db.corp.internal | db.corp.internal AAAA fd7a:115c:a1e0:b1a:0:7:a00:105"),
            ("alias2.corp.internal", "A", "NOERROR | alias2.corp.internal CNAME alias.corp.internal | alias.corp.internal CNAME db.corp.internal"),
            ("inside.example.com", "AAAA", "NOERROR | inside.example.com CNAME db.corp.internal | db.corp.internal AAAA fd7a:115c:a1e0:b1a:0:7:a00:105"),
            ("inside.example.com", "A", "NOERROR | inside.example.com CNAME db.corp.internal"),
            ("second.corp.internal", "AAAA", "NOERROR | second.corp.internal AAAA fd7a:115c:a1e0:b1a:0:7:a40:105"),
            ("second.corp.internal", "A", "NOERROR"),
            ("public.corp.internal", "A", "NOERROR | public.corp.internal A 93.184.216.34"),
            ("public.corp.internal", "AAAA", "NOERROR"),
            // Of another VPC's addresses nothing is known here: neither translated nor taken away.
            ("other.corp.internal", "A", "NOERROR | other.corp.internal A 10.1.1.1"),
            ("other.corp.internal", "AAAA", "NOERROR"),
            ("out.corp.internal", "A", "NOERROR | out.corp.internal CNAME www.example.com | www.example.com A 93.184.216.34"),
            ("dual.corp.internal", "AAAA", "NOERROR | dual.corp.internal AAAA fd7a:115c:a1e0:b1a:0:7:a00:106"),
            ("dual.corp.internal", "A", "NOERROR"),
            ("mixed.corp.internal", "AAAA", "NOERROR | mixed.corp.internal AAAA fd7a:115c:a1e0:b1a:0:7:a00:107"),
            ("mixed.corp.internal", "A", "NOERROR"),
            ("nobody.corp.internal", "A", "NXDOMAIN"),
            ("nobody.corp.internal", "AAAA", "NXDOMAIN"),
            ("mail.corp.internal", "MX", "NOERROR | mail.corp.internal MX db.corp.internal"),
            ("_sip._tcp.corp.internal", "SRV", "NOERROR | _sip._tcp.corp.internal SRV db.corp.internal"),
            ("any.corp.internal", "TXT", "NOERROR | any.corp.internal TXT text"),
            ("5.1.0.10.in-addr.arpa", "PTR", "NOERROR | 5.1.0.10.in-addr.arpa PTR db.corp.internal"),
        ];

        foreach (var again in (string[])["uncached", "cached"])
        {
            foreach (var (name, type, answer) in expected)
            {
                Assert.Equal((again, name, type, answer), (again, name, type, await vpc.AskAsync(name, type)));
            }
        }
    }

    [Fact]
    public async Task No_address_of_the_VPC_gets_out_whatever_is_asked_how_and_in_which_order()
    {
        await using var vpc = await Vpc.StartAsync(7, s_zones);
        string[] names = ["db", "alias2", "second", "dual", "mixed", "any", "mail", "_sip._tcp", "service"];
        string[] types = ["A", "AAAA", "ANY", "A", "MX", "SRV", "HTTPS", "SVCB", "TXT", "SOA", "CNAME", "A"];
        Question[] kinds =
        [
            new("", "A") { Recursion = false }, new("", "A"), new("", "A") { Tcp = true }, new("", "A") { Dnssec = true },
            new("", "A") { Recursion = false }, new("", "A") { Dnssec = true, Recursion = false, Tcp = true },
        ];
        foreach (var name in names)
        {
            foreach (var type in types)
            {
                foreach (var kind in kinds)
                {
                    var question = kind with { Name = $"{name}.corp.internal", Type = type };
                    var answer = await vpc.Dns64.AskAsync(question);

                    Assert.True(answer.Code == "NOERROR", $"{question}: {answer}");
                    Assert.DoesNotContain(answer.All, IsOfVpc);
                }
            }
        }
    }

    /// <remarks>A policy is loaded in the background: named answers before it has one.</remarks>
    [Fact]
    public async Task No_address_of_the_VPC_gets_out_while_named_starts()
    {
        await using var own = await Vpc.StartOwnAsync(s_zones);
        for (var start = 0; start < 5; start++)
        {
            await using var dns64 = await Vpc.StartDns64Async(Vpc.Router(7), own.Port, untilItAnswers: false);
            var answers = await EarlyAnswersAsync(dns64);

            Assert.DoesNotContain(answers, answer => answer.All.Any(IsOfVpc));
        }
    }

    /// <remarks>What the view in front is for: without its own check, the test above finds such addresses.</remarks>
    [Fact]
    public async Task A_policy_alone_lets_addresses_out_while_named_starts()
    {
        await using var own = await Vpc.StartOwnAsync(s_zones);
        var leaked = false;
        for (var start = 0; start < 20 && !leaked; start++)
        {
            await using var dns64 = await Vpc.StartDns64Async(
                Vpc.Router(7), own.Port, untilItAnswers: false, text => text.Replace("deny-answer-addresses { 10.0.0.0/16; 10.64.0.0/16; };", "", StringComparison.Ordinal));
            leaked = (await EarlyAnswersAsync(dns64)).Any(answer => answer.All.Any(IsOfVpc));
        }

        Assert.True(leaked, "named waits for its policies by now: see docs/decisions/dns64.md, what would change our mind");
    }

    /// <remarks>That it had no AAAA record before is still remembered: who goes by the AAAA record, as named's filter-a does, lets the new A record out.</remarks>
    [Fact]
    public async Task No_address_gets_out_of_a_name_that_moves_into_the_VPC()
    {
        const string Before = "$TTL 60\n@ SOA ns hostmaster 1 60 60 60 60\n@ NS ns\nns A 10.0.0.9\nmoved 1 A 93.184.216.34";
        await using var vpc = await Vpc.StartAsync(7, ("move.internal", Before));
        Assert.Equal("NOERROR", await vpc.AskAsync("moved.move.internal", "AAAA"));
        Assert.Equal("NOERROR | moved.move.internal A 93.184.216.34", await vpc.AskAsync("moved.move.internal", "A"));
        var after = Before.Replace("hostmaster 1", "hostmaster 2", StringComparison.Ordinal).Replace("93.184.216.34", "10.0.1.5", StringComparison.Ordinal);
        await File.WriteAllTextAsync(Path.Combine(vpc.Own.Folder, "move.internal"), after + "\n", TestContext.Current.CancellationToken);
        vpc.Own.Reload();

        string answer;
        do
        {
            await Task.Delay(100, TestContext.Current.CancellationToken);
            answer = await vpc.AskAsync("moved.move.internal", "A");
        }
        while (answer.EndsWith("93.184.216.34", StringComparison.Ordinal));

        Assert.Equal("NOERROR", answer);
    }

    [Fact]
    public async Task A_resolver_that_is_silent_makes_no_answer_that_counts()
    {
        await using var vpc = await Vpc.StartAsync(7, s_zones);
        vpc.Own.Silence();

        var answers = await Task.WhenAll(
            vpc.AskAsync("db.corp.internal", "A"), vpc.AskAsync("alias.corp.internal", "AAAA"), vpc.AskAsync("nobody.corp.internal", "AAAA"));

        Assert.All(answers, answer => Assert.Equal("SERVFAIL", answer));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Who_is_not_of_the_tailnet_is_refused(bool tcp)
    {
        await using var vpc = await Vpc.StartAsync(7, s_zones);
        await vpc.AskAsync("db.corp.internal", "AAAA");   // also what is cached
        foreach (var recursion in (bool[])[true, false])
        {
            var answer = await vpc.Dns64.AskAsync(new("db.corp.internal", "AAAA") { From = "127.0.0.9", Tcp = tcp, Recursion = recursion });

            Assert.Equal("REFUSED", answer.ToString());
        }
    }

    [Fact]
    public async Task It_gives_away_neither_its_policy_nor_its_version()
    {
        await using var vpc = await Vpc.StartAsync(7, s_zones);

        Assert.NotEqual("NOERROR", (await vpc.Dns64.AskAsync(new("rpz", "AXFR") { Tcp = true })).Code);
        Assert.Empty((await vpc.Dns64.AskAsync(new("version.bind", "TXT") { Chaos = true })).Records);
        Assert.Empty((await vpc.Dns64.AskAsync(new("hostname.bind", "TXT") { Chaos = true })).Records);
    }

    /// <remarks>named looks at addresses in A and AAAA records alone. Clients are to ask for those all the same (RFC 9460, 7.3).</remarks>
    [Fact]
    public async Task A_hint_inside_an_HTTPS_record_is_not_seen()
    {
        await using var vpc = await Vpc.StartAsync(7, s_zones);

        Assert.EndsWith("0a000109", await vpc.AskAsync("hint.corp.internal", "HTTPS"), StringComparison.Ordinal);
    }

    private static async Task<List<Answer>> EarlyAnswersAsync(Named named)
    {
        List<Answer> answers = [];
        var limit = DateTime.UtcNow + TimeSpan.FromSeconds(20);
        while (answers.Count < 200 && DateTime.UtcNow < limit)
        {
            try
            {
                answers.Add(await named.AskAsync(new("db.corp.internal", "A") { Limit = TimeSpan.FromMilliseconds(100) }));
            }
            catch (Exception problem) when (problem is System.Net.Sockets.SocketException or TimeoutException)
            {
                await Task.Yield();   // not there yet
            }
        }

        Assert.NotEmpty(answers);
        return answers;
    }

    private static bool IsOfVpc(string record) =>
        record.Split(' ') is [_, "A", var address] && (address.StartsWith("10.0.", StringComparison.Ordinal) || address.StartsWith("10.64.", StringComparison.Ordinal));
}
