using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using Marketplace.ApiTests.Chain;
using Marketplace.Contracts;
using Npgsql;
using Xunit.Abstractions;

namespace Marketplace.ApiTests.Certification;

public sealed class RevocationTests(Market market) : IClassFixture<Market>
{
    [Fact]
    public async Task A_second_person_withdraws_exactly_what_was_previewed()
    {
        var farm = await market.ActiveFarm();
        var stories = new List<Market.CertifiedLotStory>();
        foreach (var which in new[] { farm, farm, await market.ActiveFarm() })
        {
            stories.Add(await market.CertifiedLot(which, "onion"));
        }

        var other = await market.CertifiedLot(farm, "garlic");
        await Market.Body(await market.Post(Role.QualityManager, $"/v1/certificates/{stories[2].Serial}/suspension", new { reason = "A tip." }));
        var order = await market.PlacedOrder(200_000, "onion");
        Assert.Equal(2, (await market.PromisesOf(order)).Count);

        var preview = await Market.Body(await Prepare(new { product = "onion", territory = Market.District, scheme = "PLANT-BATCH" }));
        Assert.Equal((3L, 2L, 1L, 300_000L), (preview["certificates"]!.GetValue<long>(), preview["households"]!.GetValue<long>(), preview["orders"]!.GetValue<long>(),
            preview["quantities"]![0]!["amount"]!.GetValue<long>()));
        Assert.Equal("active", await State(stories[0]));
        await Market.Problem(await Confirm(preview, Role.QualityManager), HttpStatusCode.Conflict, "second-person");
        await market.Refused($"""
            begin; select set_config('app.person', '{market.Cast(Role.QualityManager).Person}', true);
            update certification.revocation set confirmed_by = kernel.person(), confirmed_at = now() where id = '{preview["id"]}'
            """, "second-person");

        var done = await Market.Body(await Confirm(preview));
        Assert.Equal(market.Cast(Role.DecisionMaker).Person.Value, done["confirmedBy"]!.GetValue<Guid>());
        foreach (var story in stories)
        {
            Assert.Equal("withdrawn", await State(story));
            var account = await market.AccountOf(story.Lot);
            Assert.Equal((0, 0, 1), (account.Reserved, account.Promised, account.Holds));
            Assert.Equal(account, await market.MovesOf(story.Lot));
        }

        Assert.Equal("active", await State(other));
        Assert.Equal(1L, await market.Scalar<long>("select count(*) from messages.message where template = 'goods-stopped'"));
        Assert.Equal(2L, await market.Scalar<long>("select count(*) from messages.message where template = 'certificates-withdrawn'"));
        Assert.Equal(3L, await market.Scalar<long>($"select count(*) from certification.certificate_change where revocation = '{preview["id"]}'"));
        Assert.Equal(3L, await market.Scalar<long>("select count(*) from kernel.event where type = 'CertificateStateChanged' and payload::jsonb->>'state' = 'withdrawn'"));
        await Market.Problem(await Confirm(preview), HttpStatusCode.Conflict, "revocation-closed");
        await market.Drain();
        Assert.DoesNotContain(stories[0].Lot, await market.Offers("?product=onion"));
        await Market.Problem(await Prepare(new { product = "onion" }), HttpStatusCode.Conflict, "nothing-found");
    }

    [Fact]
    public async Task A_set_that_changed_since_its_preview_is_not_withdrawn()
    {
        var farm = await market.ActiveFarm();
        var first = await market.CertifiedLot(farm, "carrot");
        var preview = await Market.Body(await Prepare(new { product = "carrot" }));
        var second = await market.CertifiedLot(farm, "carrot");
        await Market.Problem(await Confirm(preview), HttpStatusCode.Conflict, "changed-meanwhile");
        Assert.Equal(("active", "active"), (await State(first), await State(second)));

        preview = await Market.Body(await Prepare(new { product = "carrot" }));
        await Market.Body(await market.Post(Role.QualityManager, $"/v1/certificates/{first.Serial}/suspension", new { reason = "A tip." }));
        await Market.Problem(await Confirm(preview), HttpStatusCode.Conflict, "changed-meanwhile");
    }

    [Fact]
    public async Task Only_one_of_five_simultaneous_confirmations_withdraws()
    {
        var story = await market.CertifiedLot(await market.ActiveFarm(), "beetroot");
        var preview = await Market.Body(await Prepare(new { product = "beetroot" }));
        var answers = await market.Race($"select 1 from certification.certificate where serial = '{story.Serial}' for update", 5, _ => Confirm(preview));
        Assert.Single(answers, answer => answer.IsSuccessStatusCode);
        Assert.Equal(1, (await market.AccountOf(story.Lot)).Holds);
    }

    [Fact]
    public async Task Each_member_of_a_query_narrows_it_and_another_body_finds_nothing()
    {
        var story = await market.CertifiedLot(await market.ActiveFarm(), "plum");
        var laboratory = market.Cast(Role.LaboratoryAnalyst).Organisation;
        var key = await market.Scalar<string>($"select key_id from certification.certificate where serial = '{story.Serial}'");
        var now = market.Clock.GetUtcNow();
        foreach (var query in new object[]
        {
            new { product = "plum", laboratory }, new { product = "plum", keyId = key }, new { product = "plum", territory = Market.Village },
            new { product = "plum", issuedFrom = now.AddMinutes(-5), issuedUntil = now.AddMinutes(5) },
        })
        {
            Assert.Equal(1L, (await Market.Body(await Prepare(query)))["certificates"]!.GetValue<long>());
        }

        foreach (var query in new object[]
        {
            new { product = "plum", laboratory = Guid.NewGuid() }, new { product = "plum", keyId = "0123456789abcdef" },
            new { product = "plum", territory = "kz-110000000" }, new { product = "plum", scheme = "MILK-DAILY" },
            new { product = "plum", issuedFrom = now.AddMinutes(5) }, new { product = "plum", issuedUntil = now.AddMinutes(-5) },
        })
        {
            await Market.Problem(await Prepare(query), HttpStatusCode.Conflict, "nothing-found");
        }

        await Market.Problem(await Prepare(new { }), HttpStatusCode.BadRequest, "query-empty");
        var stranger = await market.NewMember(Role.QualityManager, market.Cast(Role.RetailBuyer).Organisation);
        await Market.Problem(await market.Post(stranger, "/v1/revocations", new { query = new { product = "plum" }, reason = "Mine." }), HttpStatusCode.Conflict, "nothing-found");
        var preview = await Market.Body(await Prepare(new { product = "plum" }));
        await Market.Problem(await market.Post(stranger, $"/v1/revocations/{preview["id"]}/confirmation"), HttpStatusCode.NotFound, "not-found");
        await Market.Problem(await market.Get(stranger, $"/v1/revocations/{preview["id"]}"), HttpStatusCode.NotFound, "not-found");
        await Market.Problem(await Prepare(new { product = "plum" }, Role.Reviewer), HttpStatusCode.Forbidden, "forbidden");
        await market.Refused($"""
            begin; select set_config('app.person', '{market.Cast(Role.DecisionMaker).Person}', true);
            insert into certification.certificate_change (certificate, number, state, reason, revocation)
            select id, 9, 'withdrawn', 'Alone.', '{preview["id"]}' from certification.certificate where serial = '{story.Serial}'
            """, "second-person");
    }

    private Task<HttpResponseMessage> Prepare(object query, string by = Role.QualityManager) =>
        market.Post(by, "/v1/revocations", new { query, reason = "The laboratory's method was wrong." });

    private Task<HttpResponseMessage> Confirm(JsonNode preview, string by = Role.DecisionMaker) => market.Post(by, $"/v1/revocations/{preview["id"]}/confirmation");

    private Task<string> State(Market.CertifiedLotStory story) =>
        market.Scalar<string>($"select state::text from certification.certificate where serial = '{story.Serial}'");
}

/// <summary>A hundred thousand certificates, withdrawn in one transaction.</summary>
public sealed class LargeRevocationTests(Market market, ITestOutputHelper output) : IClassFixture<Market>
{
    private const int Certificates = 100_000;

    [LongFact]
    public async Task A_hundred_thousand_certificates_are_withdrawn_in_one_step()
    {
        var story = await market.CertifiedLot(await market.ActiveFarm(), "onion");
        var order = await market.PlacedOrder(100_000, "onion");
        await Copy(story);

        var watch = Stopwatch.StartNew();
        var preview = await Market.Body(await market.Post(Role.QualityManager, "/v1/revocations", new { query = new { product = "onion" }, reason = "A wrong method." }));
        output.WriteLine($"previewed {preview["certificates"]} certificates in {watch.Elapsed.TotalSeconds:0.0} s");
        Assert.Equal((long)Certificates, preview["certificates"]!.GetValue<long>());
        watch.Restart();
        await Market.Body(await market.Post(Role.DecisionMaker, $"/v1/revocations/{preview["id"]}/confirmation"));
        output.WriteLine($"withdrew {Certificates} certificates and held their lots in {watch.Elapsed.TotalSeconds:0.0} s");

        Assert.Equal((long)Certificates, await market.Scalar<long>("select count(*) from certification.certificate where state = 'withdrawn'"));
        Assert.Equal((long)Certificates, await market.Scalar<long>("select count(*) from supply.lot_account where hold_count = 1 and reserved + promised = 0"));
        Assert.Equal(2L * Certificates, await market.Scalar<long>("""
            select count(*) from kernel.event where type = 'LotHeld' or type = 'CertificateStateChanged' and payload::jsonb->>'state' = 'withdrawn'
            """));
        Assert.Equal(1L, await market.Scalar<long>($"""
            select count(*) from messages.message m join orders.purchase_order o on o.number = m."values"->>'order' where m.template = 'goods-stopped' and o.id = '{order}'
            """));
    }

    /// <summary>Copies one certified lot with everything that hangs on it, as if it had been certified that often.</summary>
    private async Task Copy(Market.CertifiedLotStory story)
    {
        await using var connection = new NpgsqlConnection(market.OwnerConnection);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(Copies(story), connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync();
    }

    private static string Copies(Market.CertifiedLotStory story) => $"""
        select set_config('app.tenant', 'demo', false);
        alter table certification.certificate disable trigger user;
        alter table certification.application disable trigger user;
        alter table supply.lot_certificate disable trigger user;
        create temporary table copies as
            select n, gen_random_uuid() as lot, gen_random_uuid() as application, gen_random_uuid() as certificate from generate_series(1, {Certificates - 1}) n;
        insert into supply.lot select r.* from supply.lot o, copies c, jsonb_populate_record(o, jsonb_build_object('id', c.lot, 'application_id', c.application)) r
         where o.id = '{story.Lot}';
        insert into supply.lot_account select r.* from supply.lot_account o, copies c,
            jsonb_populate_record(o, jsonb_build_object('lot_id', c.lot, 'reserved', 0, 'promised', 0)) r where o.lot_id = '{story.Lot}';
        insert into supply.lot_certificate select r.* from supply.lot_certificate o, copies c,
            jsonb_populate_record(o, jsonb_build_object('lot_id', c.lot, 'certificate_id', c.certificate)) r where o.lot_id = '{story.Lot}';
        insert into certification.application select r.* from certification.application o, copies c,
            jsonb_populate_record(o, jsonb_build_object('id', c.application, 'lot', c.lot, 'number', 'B-' || c.n)) r where o.id = '{story.Application}';
        insert into certification.certificate select r.* from certification.certificate o, copies c, jsonb_populate_record(o, jsonb_build_object(
            'id', c.certificate, 'lot', c.lot, 'application', c.application, 'serial', 'KZ-26-' || (1000000 + c.n) || '-0')) r where o.serial = '{story.Serial}';
        alter table certification.certificate enable trigger user;
        alter table certification.application enable trigger user;
        alter table supply.lot_certificate enable trigger user;
        analyze certification.certificate, certification.application, supply.lot, supply.lot_account;
        """;
}
