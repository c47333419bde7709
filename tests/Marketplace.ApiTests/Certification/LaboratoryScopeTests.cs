using System.Net;
using System.Text.Json.Nodes;
using Marketplace.Contracts;

namespace Marketplace.ApiTests.Certification;

public sealed class LaboratoryScopeTests(Market market) : IClassFixture<Market>, IAsyncLifetime
{
    private const string Method = "ST RK 1505";

    public async Task InitializeAsync()
    {
        if (await market.Scalar<long>("select count(*) from certification.laboratory_method") == 0)
        {
            await Confirmed(Row("lead", 0.02m, 2m, relative: 20));
            await Confirmed(Row("arsenic", 0.01m, 1m, relative: 20));
            await Confirmed(Row("nitrates", 5m, 5000m, relative: 15));
            await Confirmed(Row("cadmium", 0.001m, 1m, relative: 20, accredited: false));
            await Confirmed(Row("mercury", 0.001m, 1m, relative: 20, from: Today.AddDays(-400), until: Today.AddDays(-30)));
            await Confirmed(Row("hch_sum", 0.001m, 1m, relative: 20, groups: ["fruit"]));
            await Market.Body(await market.Post(Role.LaboratorySupervisor, "/v1/laboratory-equipment", Calibration("AAS-1", Today.AddDays(200))));
            await Market.Body(await market.Post(Role.LaboratorySupervisor, "/v1/laboratory-equipment", Calibration("AAS-OLD", Today.AddDays(-10))));
        }
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Theory]
    [InlineData("cs137", Method, "Bq/kg", 10, "AAS-1", "indicator")]
    [InlineData("cadmium", Method, "mg/kg", 0.01, "AAS-1", "method")]
    [InlineData("hch_sum", Method, "mg/kg", 0.01, "AAS-1", "indicator")]
    [InlineData("lead", "GOST 1", "mg/kg", 0.1, "AAS-1", "method")]
    [InlineData("lead", Method, "ug/kg", 100, "AAS-1", "unit")]
    [InlineData("mercury", Method, "mg/kg", 0.01, "AAS-1", "analysedOn")]
    [InlineData("lead", Method, "mg/kg", 3, "AAS-1", "value")]
    [InlineData("lead", Method, "mg/kg", 0.01, "AAS-1", "value")]
    [InlineData("lead", Method, "mg/kg", 0.1, "AAS-OLD", "equipment")]
    [InlineData("lead", Method, "mg/kg", 0.1, "AAS-9", "equipment")]
    [InlineData("lead", Method, "mg/kg", 0.1, null, "equipment")]
    public async Task A_result_outside_the_scope_is_refused_and_named(string indicator, string method, string unit, double value, string? equipment, string member)
    {
        var (application, sample) = await Sampled();
        object[] sheet = [Value("arsenic", 0.05), new { indicator, method, unit, value, equipment }];
        var problem = await Market.Problem(await market.EnterResults(application, sheet), HttpStatusCode.Conflict, "outside-scope");
        Assert.Equal($"#/values/1/{member}", problem["errors"]![0]!["pointer"]!.GetValue<string>());
        Assert.Equal(0, await market.Scalar<long>($"select count(*) from certification.result_entry where application = '{application}'"));

        // The application's own login gets no further.
        await market.Refused(Entry(application, sample) + $"""
            insert into certification.result (application, entry, indicator, comparator, value, unit, method, equipment)
            values ('{application}', 1, '{indicator}', 'equal', {value.ToString(System.Globalization.CultureInfo.InvariantCulture)}, '{unit}', '{method}', {(equipment is null ? "null" : $"'{equipment}'")});
            """, "outside-scope");
    }

    [Fact]
    public async Task A_result_carries_method_equipment_day_and_the_scopes_uncertainty()
    {
        var (application, sample) = await Sampled();
        await Market.Body(await market.Post(Role.LaboratoryAnalyst, $"/v1/samples/{sample}/custody-events", new { act = "received", happenedAt = market.Clock.GetUtcNow(), sealIntact = true }));
        var order = (await Market.Body(await market.Get(Role.LaboratoryAnalyst, "/v1/test-orders")))["items"]!.AsArray().Single(one => one!["sample"]!.GetValue<Guid>() == sample);
        Assert.Equal(Method, order!["tests"]!.AsArray().Single(test => test!["indicator"]!.GetValue<string>() == "lead")!["method"]!.GetValue<string>());

        await Market.Body(await market.EnterResults(application, new[]
        {
            Value("lead", 0.1), new { indicator = "arsenic", value = 0.05, unit = "mg/kg", method = "st rk  1505", equipment = "AAS-1", uncertainty = 0.02, analysedOn = Today },
            Value("nitrates", 50),
        }));
        Assert.Equal("arsenic 0.02 t, lead 0.02 t, nitrates 7.5 t", await market.Scalar<string>($"""
            select string_agg(indicator || ' ' || trim_scale(uncertainty) || ' ' || case when scope is not null and analysed_on is not null then 't' else 'f' end, ', ' order by indicator)
              from certification.result where application = '{application}'
            """));
    }

    [Fact]
    public async Task A_result_below_quantification_is_reported_as_less_than_it()
    {
        var (application, _) = await Sampled();
        await Market.Problem(await market.EnterResults(application, new[] { Value("lead", 0.001, "below") }), HttpStatusCode.Conflict, "outside-scope");
        var compared = await Market.Body(await market.EnterResults(application, new[] { Value("lead", 0.02, "below"), Value("arsenic", 0.05), Value("nitrates", 50) }));
        Assert.Contains(compared["findings"]!.AsArray(), finding => finding!["indicator"]!.GetValue<string>() == "lead" && finding["verdict"]!.GetValue<string>() == "pass");
    }

    [Fact]
    public async Task Dates_and_uncertainties_that_cannot_be_are_refused()
    {
        var (application, sample) = await Sampled();
        foreach (var (day, uncertainty, value, code) in ((DateOnly?, decimal?, decimal, string)[])[
            (Today.AddDays(-1), null, 0.1m, "analysed-before-sampled"), (Today.AddDays(1), null, 0.1m, "analysed-in-future"), (null, 0.2m, 0.1m, "absurd-uncertainty")])
        {
            await Market.Problem(await market.EnterResults(application, new[] { new { indicator = "lead", value, unit = "mg/kg", method = Method, equipment = "AAS-1", uncertainty, analysedOn = day } }), HttpStatusCode.BadRequest, code);
            await market.Refused(Entry(application, sample) + $"""
                insert into certification.result (application, entry, indicator, comparator, value, unit, method, equipment, uncertainty, analysed_on)
                values ('{application}', 1, 'lead', 'equal', {value.ToString(System.Globalization.CultureInfo.InvariantCulture)}, 'mg/kg', '{Method}', 'AAS-1',
                        {uncertainty?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "null"}, {(day is null ? "null" : $"'{day:yyyy-MM-dd}'")});
                """, code);
        }

        await Market.Problem(await market.EnterResults(application, new[] { Value("lead", -1) }), HttpStatusCode.BadRequest, "invalid");
        foreach (var value in (string[])["-1", "'NaN'", "'Infinity'"])
        {
            await market.Refused(Entry(application, sample) + $"""
                insert into certification.result (application, entry, indicator, comparator, value, unit, method, equipment)
                values ('{application}', 1, 'lead', 'not_detected', {value}, 'mg/kg', '{Method}', 'AAS-1');
                """, value == "-1" ? "value-negative" : "outside-scope");
        }

        Assert.Equal(0, await market.Scalar<long>($"select count(*) from certification.result_entry where application = '{application}'"));
    }

    [Fact]
    public async Task Two_persons_put_a_method_into_the_scope()
    {
        var both = await market.NewMember(Role.LaboratorySupervisor, market.Cast(Role.LaboratorySupervisor).Organisation);
        await market.Within(async services =>
        {
            await ((IPeople)services.GetService(typeof(IPeople))!).Grant(both.Person, Role.QualityManager, both.Organisation, null, null, default);
            return true;
        });
        var made = await Market.Body(await market.Post(both, "/v1/laboratory-methods", Row("zearalenone", 0.01m, 1m, relative: 20)));
        var id = made["id"]!.GetValue<Guid>();
        await Market.Problem(await market.Post(both, $"/v1/laboratory-methods/{id}/confirmation"), HttpStatusCode.Conflict, "own-work");
        await Market.Problem(await market.Post(Role.LaboratorySupervisor, $"/v1/laboratory-methods/{id}/confirmation"), HttpStatusCode.Forbidden, "forbidden");
        await market.Refused($"begin; select set_config('app.person', '{both.Person}', true); update certification.laboratory_method set confirmed_by = '{both.Person}' where id = '{id}'", "own-work");
        await market.Refused($"begin; select set_config('app.person', '{both.Person}', true); update certification.laboratory_method set confirmed_by = '{market.Cast(Role.QualityManager).Person}' where id = '{id}'", "not-assigned");
        await Market.Body(await market.Post(Role.QualityManager, $"/v1/laboratory-methods/{id}/confirmation"));
        await Market.Problem(await market.Post(Role.QualityManager, $"/v1/laboratory-methods/{id}/confirmation"), HttpStatusCode.Conflict, "wrong-state");
        await Market.Body(await market.Post(Role.LaboratorySupervisor, $"/v1/laboratory-methods/{id}/ending", new { reason = "Sold the instrument." }));
        await Market.Problem(await market.Post(Role.QualityManager, $"/v1/laboratory-methods/{id}/ending", new { reason = "Again." }), HttpStatusCode.Conflict, "wrong-state");
        var listed = await Market.Body(await market.Get(Role.LaboratoryAnalyst, "/v1/laboratory-methods?limit=200"));
        Assert.Contains(listed["items"]!.AsArray(), row => row!["id"]!.GetValue<Guid>() == id && row["endReason"] is not null);
    }

    [Fact]
    public async Task A_row_of_a_scope_that_says_nonsense_is_refused()
    {
        async Task Wrong(object row, string code) => await Market.Problem(await market.Post(Role.LaboratorySupervisor, "/v1/laboratory-methods", row), HttpStatusCode.BadRequest, code);
        await Wrong(Row("unobtainium", 0.01m, 1m, relative: 20), "unknown-indicator");
        await Wrong(Row("lead", 0.01m, 1m, relative: 20, groups: ["moon"]), "unknown-group");
        await Wrong(Row("lead", 2m, 1m, relative: 20), "bad-range");
        await Wrong(Row("lead", 0.01m, 1m, relative: 101), "absurd-uncertainty");
        await Wrong(Row("lead", 0.01m, 1m, relative: 20, from: Today, until: Today.AddDays(-1)), "bad-dates");
        await Wrong(new { indicator = "lead", ruleGroups = new[] { "potato" }, method = Method, unit = "mg/kg", quantification = 0, lowest = 0, highest = 1, uncertainty = 0, uncertaintyKind = "absolute", accredited = true, validFrom = Today, validUntil = Today }, "accreditation-missing");
        await Market.Problem(await market.Post(Role.LaboratorySupervisor, "/v1/laboratory-equipment", Calibration("AAS-2", Today.AddDays(-400))), HttpStatusCode.BadRequest, "bad-dates");
    }

    /// <summary>Outside a sandbox a laboratory without a scope reports nothing.</summary>
    [Fact]
    public async Task Without_a_scope_only_a_sandbox_takes_results()
    {
        var stranger = Guid.NewGuid();
        var question = $"select coalesce(certification.outside_scope('{stranger}', 'potato', 'lead', 'X', 'mg/kg', 'equal', 1, null, current_date), 'covered')";
        Assert.Equal("covered", await market.Scalar<string>(question));
        await market.Owner("update kernel.tenant set sandbox = false where id = 'demo'");
        Assert.Equal("laboratory", await market.Scalar<string>(question));
        await market.Owner("update kernel.tenant set sandbox = true where id = 'demo'");
    }

    // The laboratory's day, which begins before the day of UTC.
    private DateOnly Today => DateOnly.FromDateTime(market.Clock.GetUtcNow().AddHours(5).DateTime);

    private static object Value(string indicator, double value, string comparator = "equal") =>
        new { indicator, value, unit = "mg/kg", method = Method, equipment = "AAS-1", comparator };

    private object Row(string indicator, decimal lowest, decimal highest, decimal relative, bool accredited = true, string[]? groups = null, DateOnly? from = null, DateOnly? until = null) => new
    {
        indicator, ruleGroups = groups ?? ["potato", "veg_root"], method = Method, unit = "mg/kg", quantification = lowest, lowest, highest, uncertainty = relative,
        uncertaintyKind = "relative", accredited, accreditationNumber = accredited ? "KZ.T.01.0001" : null, validFrom = from ?? Today.AddDays(-100), validUntil = until ?? Today.AddDays(900),
    };

    private object Calibration(string equipment, DateOnly until) =>
        new { equipment, name = "Spectrometer", certificate = "C-2026-1", calibratedOn = Today.AddDays(-300), validUntil = until };

    private async Task Confirmed(object row)
    {
        var made = await Market.Body(await market.Post(Role.LaboratorySupervisor, "/v1/laboratory-methods", row));
        await Market.Body(await market.Post(Role.QualityManager, $"/v1/laboratory-methods/{made["id"]}/confirmation"));
    }

    private async Task<(Guid Application, Guid Sample)> Sampled()
    {
        var (application, _) = await market.SampledCase(await market.ActiveFarm());
        return (application, await market.Scalar<Guid>($"select id from certification.sample where application = '{application}'"));
    }

    private string Entry(Guid application, Guid sample) => $"""
        begin; select set_config('app.person', '{market.Cast(Role.LaboratoryAnalyst).Person}', true);
        insert into certification.result_entry (application, number, sample) values ('{application}', 1, '{sample}');
        """;
}
