using CsCheck;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Settlement.Ledger;
using Npgsql;

namespace Marketplace.ApiTests.Settlement.Ledger;

[Collection("settlement")]
public sealed class LedgerTests(SettlementDesk desk)
{
    [Fact]
    public async Task Random_postings_sum_to_zero_and_their_reversals_bring_every_account_back()
    {
        var book = OrganisationId.New();
        var households = Enumerable.Range(0, 9).Select(_ => HouseholdId.New()).ToArray();
        await Gen.Select(Gen.Long[1_000, 1_000_000_000], Gen.Long[1, 1_000].Array[1, 9]).SampleAsync(
            async (whole, weights) =>
            {
                var money = new Money(whole, "KZT");
                var transfer = Transfer.Of(book, "invoice", Guid.NewGuid(),
                [
                    Posting.Of(book, Purpose.BuyerReceivable, money),
                    .. money.Split(weights).Select((part, at) => Posting.Of(households[at], Purpose.HouseholdHold, part with { Minor = -part.Minor })),
                ]);
                Assert.Null(await desk.Work(database => transfer.Post(database, CancellationToken.None)));
                Assert.Null(await desk.Work(database => transfer.Reversal().Post(database, CancellationToken.None)));
            }, iter: 40, threads: 1);

        Assert.Equal(0, await desk.Value<long>($"""
            select count(*) from (select from settlement.entry e join settlement.account a on a.id = e.account_id
             where a.book = {book} group by a.id having sum(e.amount) <> 0) open
            """));
        Assert.Equal(80, await desk.Value<long>($"select count(*) from settlement.transfer where book = {book}"));
    }

    [Fact]
    public async Task The_same_transfer_again_changes_nothing_and_other_figures_are_refused()
    {
        var transfer = Simple(100);
        Assert.Null(await desk.Work(database => transfer.Post(database, CancellationToken.None)));
        Assert.Null(await desk.Work(database => transfer.Post(database, CancellationToken.None)));
        var other = transfer with { Postings = [.. transfer.Postings.Select(one => one with { Amount = one.Amount with { Minor = one.Amount.Minor * 2 } })] };
        Assert.Equal("transfer-reused", (await desk.Work(database => other.Post(database, CancellationToken.None)))?.Code);
        Assert.Equal(2, await desk.Value<long>($"select count(*) from settlement.entry where transfer_id = {transfer.Id}"));
    }

    [Fact]
    public async Task A_transfer_is_reversed_once_and_exactly()
    {
        var transfer = Simple(100);
        await desk.Work(database => transfer.Post(database, CancellationToken.None));
        var half = transfer.Reversal() with
        {
            Postings = [.. transfer.Reversal().Postings.Select(one => one with { Amount = one.Amount with { Minor = one.Amount.Minor / 2 } })],
        };
        var failure = await Assert.ThrowsAsync<PostgresException>(() => desk.Work(database => half.Post(database, CancellationToken.None)));
        Assert.Equal("reversal-differs", failure.ConstraintName);
        Assert.Null(await desk.Work(database => transfer.Reversal().Post(database, CancellationToken.None)));
        Assert.Null(await desk.Work(database => transfer.Reversal().Post(database, CancellationToken.None)));
        Assert.Equal(1, await desk.Value<long>($"select count(*) from settlement.transfer where reverses = {transfer.Id}"));
    }

    [Fact]
    public async Task An_unbalanced_transfer_fails_at_commit()
    {
        var transfer = Simple(100);
        var lopsided = transfer with { Postings = [transfer.Postings[0], transfer.Postings[1] with { Amount = new Money(-99, "KZT") }] };
        var failure = await Assert.ThrowsAsync<PostgresException>(() => desk.Work(database => lopsided.Post(database, CancellationToken.None)));
        Assert.Equal("transfer-unbalanced", failure.ConstraintName);
        Assert.Equal(0, await desk.Value<long>($"select count(*) from settlement.transfer where id = {transfer.Id}"));
    }

    [Theory]
    [InlineData("update settlement.entry set amount = amount + 1", "42501")]
    [InlineData("delete from settlement.entry", "42501")]
    [InlineData("truncate settlement.entry", "42501")]
    [InlineData("update settlement.transfer set posted_at = now()", "42501")]
    [InlineData("delete from settlement.transfer", "42501")]
    [InlineData("update settlement.account set currency = 'KGS'", "42501")]
    [InlineData("update settlement.invoice set total = total + 1", "42501")]
    [InlineData("delete from settlement.invoice", "42501")]
    [InlineData("update settlement.invoice_part set fee = 0", "42501")]
    [InlineData("update settlement.payment set amount = 1", "42501")]
    [InlineData("alter table settlement.entry disable trigger all", "42501")]
    [InlineData("insert into settlement.entry (transfer_id, account_id, amount, currency) select transfer_id, account_id, 1, currency from settlement.entry limit 1", "P0001")]
    [InlineData("insert into settlement.transfer (id, book, kind, evidence_id, body_hash) values (gen_random_uuid(), gen_random_uuid(), 'cash', gen_random_uuid(), '')", "P0001")]
    [InlineData("set constraints all immediate; insert into settlement.transfer (id, book, kind, evidence_id, body_hash) values (gen_random_uuid(), gen_random_uuid(), 'cash', gen_random_uuid(), '')", "P0001")]
    public async Task The_product_itself_cannot_change_what_is_booked(string sql, string state)
    {
        await desk.Work(database => Simple(100).Post(database, CancellationToken.None));
        await using var connection = new NpgsqlConnection(desk.AppConnection);
        await connection.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var command = new NpgsqlCommand($"select set_config('app.tenant', 'desk', true); {sql}", connection);
        var failure = await Assert.ThrowsAsync<PostgresException>(async () =>
        {
            await command.ExecuteNonQueryAsync();
            await transaction.CommitAsync();
        });
        Assert.Equal(state, failure.SqlState);
    }

    [Fact]
    public async Task Another_tenant_sees_no_books()
    {
        var transfer = Simple(100);
        await desk.Work(database => transfer.Post(database, CancellationToken.None));
        var seen = await desk.Work(
            database => database.Value<long>($"select count(*) from settlement.entry where transfer_id = {transfer.Id}", CancellationToken.None), "other");
        Assert.Equal(0, seen);
    }

    [Fact]
    public async Task A_trial_balance_shows_the_own_books_only_and_an_auditor_all()
    {
        var story = await Story.Received(desk, 5_000);
        var own = await desk.Read<TrialBalance>(story.Officer, "/v1/trial-balance");
        Assert.Equal(1, own.Transfers);
        Assert.Equal(
            [(Purpose.BuyerReceivable, 107_250L), (Purpose.HouseholdHold, -101_888L), (Purpose.ApplicantFee, -5_362L)],
            own.Rows.Select(row => (row.Purpose, row.Balance)));
        var all = await desk.Read<TrialBalance>(story.Auditor, "/v1/trial-balance");
        Assert.True(all.Transfers > own.Transfers);
        Assert.All(all.Sums, sum => Assert.Equal(0, sum.Minor));
        Assert.Equal("403 forbidden", await Forbidden(Player.In(story.Seller, Role.CollectionOperator)));
        Assert.Empty((await desk.Read<TrialBalance>(Player.In(SettlementDesk.Bazarly, Role.PayoutOfficer), "/v1/trial-balance")).Rows);

        async Task<string> Forbidden(Player player)
        {
            using var answer = await desk.Get(player, "/v1/trial-balance");
            return answer.StatusCode == System.Net.HttpStatusCode.Forbidden ? "403 forbidden" : answer.StatusCode.ToString();
        }
    }

    private static Transfer Simple(long minor)
    {
        var book = OrganisationId.New();
        return Transfer.Of(book, "payment", Guid.NewGuid(),
        [
            Posting.Of(book, Purpose.BankClearing, new Money(minor, "KZT")),
            Posting.Of(SettlementDesk.Dastarkhan, Purpose.BuyerReceivable, new Money(-minor, "KZT")),
        ]);
    }
}
