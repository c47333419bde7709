using System.Net;
using System.Text.Json;
using Marketplace.Certification;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Marketplace.ApiTests.Certification;

/// <summary>The life of signing keys: announced, in use, retired, revoked; each change by two persons. Every test has a market of its own, since it has one key.</summary>
public sealed class IssuerKeyTests : IAsyncLifetime
{
    private const string Keys = "/v1/issuer-keys";

    private readonly Market market = new();

    public async Task InitializeAsync()
    {
        await market.InitializeAsync();
        await market.CertifiedLot(await market.ActiveFarm()); // makes the first key
    }

    public Task DisposeAsync() => market.DisposeAsync();

    [Fact]
    public async Task A_key_is_announced_a_day_before_another_person_puts_it_to_use()
    {
        var before = await LabelOf((await market.CertifiedLot(await market.ActiveFarm())).Serial);
        var next = await Announced();
        await Market.Problem(await market.Post(Role.PlatformAdministrator, Keys), HttpStatusCode.Conflict, "key-announced");
        await Market.Problem(await market.Post(Role.PlatformAdministrator, $"{Keys}/{next}/activation"), HttpStatusCode.Conflict, "second-person");
        await Market.Problem(await market.Post(Role.QualityManager, $"{Keys}/{next}/activation"), HttpStatusCode.Conflict, "key-too-new");
        await Market.Problem(await market.Post(Role.QualityManager, $"{Keys}/0000000000000000/activation"), HttpStatusCode.NotFound, "not-found");
        var old = await List(); // what a verifier saved the day before

        await market.Advance(TimeSpan.FromHours(25));
        await Market.Body(await market.Post(Role.QualityManager, $"{Keys}/{next}/activation"));
        await Market.Problem(await market.Post(Role.QualityManager, $"{Keys}/{next}/activation"), HttpStatusCode.Conflict, "wrong-key-state");
        var after = await LabelOf((await market.CertifiedLot(await market.ActiveFarm())).Serial);
        Assert.Equal(next, await market.Scalar<string>("select key_id from certification.certificate order by issued_at desc limit 1"));
        foreach (var list in new[] { old, await List() })
        {
            Assert.Equal(LabelProof.Genuine, Label.Verify(before, list, market.Clock.GetUtcNow()).Proof);
            Assert.Equal(LabelProof.Genuine, Label.Verify(after, list, market.Clock.GetUtcNow()).Proof);
        }

        // The status lists are signed with it too, though nothing in them changed.
        Assert.Contains($"#{next}", await (await market.Get((string?)null, "/v1/status-lists")).Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    /// <summary>A signing that began before the change and ends after it must leave a label that verifies: the change waits for it.</summary>
    [Fact]
    public async Task Decisions_racing_a_rotation_leave_only_labels_that_verify()
    {
        var next = await Announced();
        await market.Advance(TimeSpan.FromHours(25));
        var cases = new List<Guid>();
        for (var i = 0; i < 3; i++)
        {
            cases.Add((await market.CaseAwaitingDecision(await market.ActiveFarm())).Application);
        }

        var answers = await market.Race("select 1 from certification.issuer_key where activated_at is not null and valid_until is null for update", 4,
            at => at == 0 ? market.Post(Role.QualityManager, $"{Keys}/{next}/activation") : market.Decide(cases[at - 1], granted: true));
        Assert.All(answers, answer => Assert.True(answer.IsSuccessStatusCode || answer.StatusCode == HttpStatusCode.Conflict));
        Assert.Equal(HttpStatusCode.NoContent, answers[0].StatusCode);
        var list = await List();
        foreach (var answer in answers.Skip(1).Where(answer => answer.IsSuccessStatusCode))
        {
            var serial = (await Market.Body(answer))["certificate"]!.GetValue<string>();
            Assert.Equal(LabelProof.Genuine, Label.Verify(await LabelOf(serial), list, market.Clock.GetUtcNow()).Proof);
        }
    }

    /// <summary>The change begins first and is held up; a decision signs meanwhile, a whole second later, since labels know no fractions.</summary>
    [Fact]
    public async Task What_was_signed_while_a_rotation_was_held_up_verifies_too()
    {
        var next = await Announced();
        await market.Advance(TimeSpan.FromHours(25));
        var (application, _) = await market.CaseAwaitingDecision(await market.ActiveFarm());
        var answers = await market.Race($"select 1 from certification.issuer_key where key_id = '{next}' for update", 2, async at =>
        {
            if (at == 0)
            {
                return await market.Post(Role.QualityManager, $"{Keys}/{next}/activation");
            }

            await Task.Delay(TimeSpan.FromSeconds(1.5));
            return await market.Decide(application, granted: true);
        });
        var serial = (await Market.Body(answers[1]))["certificate"]!.GetValue<string>();
        Assert.Equal(HttpStatusCode.NoContent, answers[0].StatusCode);
        Assert.NotEqual(next, await market.Scalar<string>($"select key_id from certification.certificate where serial = '{serial}'"));
        Assert.Equal(LabelProof.Genuine, Label.Verify(await LabelOf(serial), await List(), market.Clock.GetUtcNow()).Proof);
    }

    [Fact]
    public async Task A_revoked_key_vouches_for_nothing_but_the_register_still_does()
    {
        var story = await market.CertifiedLot(await market.ActiveFarm());
        var label = await LabelOf(story.Serial);
        var key = await market.Scalar<string>($"select key_id from certification.certificate where serial = '{story.Serial}'");
        var reason = new { reason = "A copy of the key folder was lost." };
        await Market.Problem(await market.Post(Role.Reviewer, $"{Keys}/{key}/revocation", reason), HttpStatusCode.Forbidden, "forbidden");
        await Market.Body(await market.Post(Role.PlatformAdministrator, $"{Keys}/{key}/revocation", reason));
        await Market.Problem(await market.Post(Role.QualityManager, $"{Keys}/{key}/revocation", reason), HttpStatusCode.Conflict, "revocation-proposed");
        await Market.Problem(await market.Post(Role.PlatformAdministrator, $"{Keys}/{key}/revocation/confirmation"), HttpStatusCode.Conflict, "second-person");
        await Market.Problem(await market.Post(Role.QualityManager, $"{Keys}/0000000000000000/revocation/confirmation"), HttpStatusCode.NotFound, "not-found");
        Assert.Equal(LabelProof.Genuine, Label.Verify(label, await List(), market.Clock.GetUtcNow()).Proof);
        await Market.Body(await market.Post(Role.QualityManager, $"{Keys}/{key}/revocation/confirmation"));
        await Market.Problem(await market.Post(Role.QualityManager, $"{Keys}/{key}/revocation/confirmation"), HttpStatusCode.Conflict, "wrong-key-state");

        Assert.Equal(OfflineStanding.RevokedKey, OfflineCheck.OfLabel(label, await List(), [], market.Clock.GetUtcNow()).Standing);
        Assert.Equal("genuine", (await Verified(label))["verdict"]!.GetValue<string>());
        var (waiting, _) = await market.CaseAwaitingDecision(await market.ActiveFarm());
        await Market.Problem(await market.Decide(waiting, granted: true), HttpStatusCode.Conflict, "no-signing-key");

        // With no key left to sign with, the next one needs no day of waiting, but still two persons.
        var next = await Announced();
        await Market.Body(await market.Post(Role.QualityManager, $"{Keys}/{next}/activation"));
        await Market.Body(await market.Decide(waiting, granted: true));
    }

    /// <summary>Verifiers learn of a revocation from what they fetch: nothing of it may fail because no key signs.</summary>
    [Fact]
    public async Task Between_a_revocation_and_the_next_key_the_last_signed_status_lists_are_served()
    {
        var before = await Text("/v1/status-lists");
        var serial = await market.Scalar<string>("select serial from certification.certificate");
        await Revoked();
        await Market.Body(await market.Post(Role.QualityManager, $"/v1/certificates/{serial}/withdrawal", new { reason = "A tip was followed up." }));
        await market.Advance(TimeSpan.FromHours(2));

        Assert.Equal(before, await Text("/v1/status-lists"));
        Assert.Contains("KZ-26-0-revocation", await Text("/v1/status-lists/KZ-26-0-revocation"), StringComparison.Ordinal);
        Assert.Empty(StatusList.Read(before, await List()));
        await Market.Problem(await market.Get((string?)null, $"/v1/certificates/{serial}/credential"), HttpStatusCode.Conflict, "no-signing-key");

        await market.Owner("delete from certification.status_list");
        Assert.Equal("""{"items":[]}""", await Text("/v1/status-lists"));
        await Market.Problem(await market.Get((string?)null, "/v1/status-lists/KZ-26-0-revocation"), HttpStatusCode.NotFound, "not-found");
    }

    /// <summary>Readers neither wait for a change of keys nor, being many, keep it waiting; also when they make a list again.</summary>
    [Fact]
    public async Task Reading_does_not_lock_the_key()
    {
        var serial = await market.Scalar<string>("select serial from certification.certificate");
        var next = await Announced();
        await market.Advance(TimeSpan.FromHours(25));
        await using var holder = new NpgsqlConnection(market.AppConnection);
        await holder.OpenAsync();
        await using var hold = new NpgsqlCommand($"""
            begin; select set_config('app.tenant', 'demo', true), set_config('app.person', '{market.Cast(Role.QualityManager).Person}', true);
            update certification.issuer_key set activated_at = now() where key_id = '{next}'
            """, holder);
        await hold.ExecuteNonQueryAsync();

        foreach (var path in (string[])["/v1/status-lists", $"/v1/certificates/{serial}/credential"])
        {
            // The time ends a test that would hang; it is no measure.
            Assert.Equal(HttpStatusCode.OK, (await market.Get((string?)null, path).WaitAsync(TimeSpan.FromSeconds(20))).StatusCode);
        }
    }

    /// <summary>Instances share one key folder; one that was given another must say so instead of making a key of its own.</summary>
    [Fact]
    public async Task An_instance_with_another_key_folder_signs_nothing()
    {
        var shared = market.Instance(Path.GetTempPath())["MARKETPLACE_KEYS"];
        var key = Assert.Single(Directory.GetFiles(shared, "label-*.pem"));
        Assert.True(OperatingSystem.IsWindows() || File.GetUnixFileMode(key) == (UnixFileMode.UserRead | UnixFileMode.UserWrite), "others can read the key");
        var other = Directory.CreateTempSubdirectory("marketplace-keys").FullName;
        try
        {
            var refused = await Assert.ThrowsAsync<RefusedException>(() => market.Within(services =>
                SigningKey.InUse(services.GetRequiredService<Database>(), new Secrets(other), CancellationToken.None)));
            Assert.Equal(("signing-key-missing", 503), (refused.Refusal.Code, refused.Refusal.Status));
            Assert.Empty(Directory.GetFiles(other));
        }
        finally
        {
            Directory.Delete(other, recursive: true);
        }
    }

    /// <summary>What the application's own login cannot do, whatever a bug or an intruder in it tries.</summary>
    [Fact]
    public async Task The_database_keeps_the_two_persons()
    {
        Assert.Equal("42501", await Fails("update certification.issuer_key set valid_until = null"));
        Assert.Equal("42501", await Fails("update certification.issuer_key set revoked_at = null"));
        Assert.Equal("42501", await Fails("insert into certification.issuer_key (key_id, public_key, activated_at) values ('00000000000000aa', 'x', now())"));
        Assert.Equal("second-person", await Fails("insert into certification.issuer_key (key_id, public_key) values ('00000000000000aa', 'x')"));

        var alone = $"begin; select set_config('app.person', '{market.Cast(Role.Auditor).Person}', true); ";
        Assert.Equal("second-person", await Fails(alone + """
            insert into certification.issuer_key (key_id, public_key) values ('00000000000000aa', 'x');
            update certification.issuer_key set activated_at = now() where key_id = '00000000000000aa'
            """));
        Assert.Equal("second-person", await Fails(alone + """
            insert into certification.issuer_key_revocation (key_id, reason) select key_id, 'Because.' from certification.issuer_key;
            update certification.issuer_key_revocation set confirmed_at = now()
            """));
        Assert.Equal("42501", await Fails("update certification.issuer_key_revocation set proposed_by = gen_random_uuid()"));
        Assert.Equal("42501", await Fails("delete from certification.issuer_key"));
    }

    private async Task<string> Announced() =>
        (await Market.Body(await market.Post(Role.PlatformAdministrator, Keys)))["keyId"]!.GetValue<string>();

    private async Task<string> Revoked()
    {
        var key = await market.Scalar<string>("select key_id from certification.issuer_key");
        await Market.Body(await market.Post(Role.PlatformAdministrator, $"{Keys}/{key}/revocation", new { reason = "A copy of the key folder was lost." }));
        await Market.Body(await market.Post(Role.QualityManager, $"{Keys}/{key}/revocation/confirmation"));
        return key;
    }

    private async Task<string> Text(string path)
    {
        var answer = await market.Get((string?)null, path);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Content.ReadAsStringAsync();
    }

    private async Task<string> Fails(string sql)
    {
        var refused = await Assert.ThrowsAsync<PostgresException>(() => market.AsApplication(sql));
        return refused.SqlState == "P0001" ? refused.ConstraintName! : refused.SqlState;
    }

    private async Task<System.Text.Json.Nodes.JsonNode> Verified(string text) => await Market.Body(await market.Post((string?)null, "/v1/verifications", new { text }));

    private async Task<List<IssuerKey>> List() =>
        JsonSerializer.Deserialize<List<IssuerKey>>((await Market.Body(await market.Get((string?)null, Keys))).ToJsonString(), Market.Wire)!;

    private async Task<string> LabelOf(string serial) =>
        (await Market.Body(await market.Get((string?)null, $"/v1/certificates/{serial}")))["label"]!.GetValue<string>();
}
