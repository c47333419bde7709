using System.Security.Cryptography;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Microsoft.Extensions.DependencyInjection;

namespace Marketplace.Orders.Promises;

/// <summary>
/// Acts on a household's short message as the household itself would, in one transaction with the record of the message and the reply. A telephone number
/// can be forged, so a text does no more than answer what was asked, says so to the household's own telephone, and can be taken back.
/// </summary>
public sealed class TextAnswers(IServiceScopeFactory scopes, Secrets secrets)
{
    // Guessing four digits must not pay: after so many wrong codes of a household within an hour none is tried.
    private const int MostWrongCodes = 5;

    // Two machines that answer each other must not go on for ever.
    private const int MostReplies = 20;

    /// <summary>Reads a message and acts on it, once.</summary>
    public async Task<TextOutcome> Take(string tenant, ReceivedText received, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(received);
        var sender = await Sender(tenant, received.From, cancel);

        // What was refused half-way is taken back whole; what became of the message is kept all the same.
        return await As(tenant, sender, received, act: true, cancel) ?? (await As(tenant, sender, received, act: false, cancel))!.Value;
    }

    private async Task<Household?> Sender(string tenant, string phone, CancellationToken cancel)
    {
        await using var scope = Tenants.Scope(scopes, tenant);
        return await scope.ServiceProvider.GetRequiredService<IPeople>().Behind(phone, cancel) is { Household: { } household } person
            ? new Household(person.Person, household)
            : null;
    }

    private static async Task<TextOutcome?> Known(string message, Database database, CancellationToken cancel) =>
        (await database.List<TextOutcome>($"select outcome from orders.inbound_text where message = {message}", cancel)) is [var outcome] ? outcome : null;

    /// <summary>Does, or only writes down, what the message says; null when it was refused and nothing of it stays.</summary>
    private async Task<TextOutcome?> As(string tenant, Household? sender, ReceivedText received, bool act, CancellationToken cancel)
    {
        await using var scope = scopes.CreateAsyncScope();
        var services = scope.ServiceProvider;
        services.GetRequiredService<CurrentActor>().Value = sender is null
            ? Actor.System(tenant)
            : new Actor(tenant, sender.Person.Value, new HashSet<string>(StringComparer.Ordinal) { Role.Producer }, Household: sender.Id.Value);
        var database = services.GetRequiredService<Database>();

        // Twins of one message wait here for the first.
        await database.Execute($"select pg_advisory_xact_lock(hashtextextended({tenant + " " + received.Id}, 140))", cancel);
        if (await Known(received.Id, database, cancel) is { } before)
        {
            return before;
        }

        var done = sender is null ? new Done(TextOutcome.UnknownSender)
            : act ? await Act(sender, received.Text, services, cancel)
            : new Done(TextOutcome.TooLate, Reply: new Reply("text-too-late", []));
        if (done is null)
        {
            await database.Rollback();
            return null;
        }

        await Keep(received, sender, done, database, cancel);
        if (done.Reply is { } reply && sender is not null && await database.Value<long>($"""
            select count(*) from orders.inbound_text where household_id = {sender.Id} and received_at > kernel.now() - interval '1 hour'
            """, cancel) <= MostReplies)
        {
            await services.GetRequiredService<INotices>().Send([new Notice(reply.Template, reply.Values, sender.Person)], cancel);
        }

        await database.Commit(cancel);
        return done.Outcome;
    }

    private async Task Keep(ReceivedText received, Household? sender, Done done, Database database, CancellationToken cancel)
    {
        var id = Guid.CreateVersion7();
        await database.Execute($"""
            with kept as (
                insert into orders.inbound_text (id, message, person, household_id, order_id, text_sealed, outcome, undo_code, undo_until)
                values ({id}, {received.Id}, {sender?.Person}, {sender?.Id}, {done.Order}, {secrets.Seal("text", received.Text, id)}, {done.Outcome},
                        {done.Code}, {done.Until})
                returning id)
            insert into orders.texted_promise (text_id, promise_id) select kept.id, promise from kept, unnest({done.Promises.ToArray()}) as promise
            """, cancel);
    }

    private static async Task<Done?> Act(Household sender, string text, IServiceProvider services, CancellationToken cancel)
    {
        var database = services.GetRequiredService<Database>();
        if (AnswerText.Of(text, 1, "GRM") is { Meaning: TextMeaning.Undo, Code: { } code })
        {
            return await Undo(sender, code, database, services.GetRequiredService<ILotAccounts>(), cancel);
        }

        var asks = await database.List<Ask>($"""
            select p.id, p.order_id as "order", o.number, p.product_code as product, p.offered, p.unit, p.answer_by
              from orders.promise p join orders.purchase_order o on o.id = p.order_id
             where p.household_id = {sender.Id} and p.stage = 'offered' and p.answer_by > kernel.now() order by p.order_id, p.id
            """, cancel);
        if (asks.Count == 0)
        {
            return new Done(TextOutcome.NothingAsked, Reply: new Reply("text-nothing-asked", []));
        }

        var products = await services.GetRequiredService<IProducts>().All(cancel);
        var meant = AskedGoods.Meant(text, asks, products);
        var total = meant.Goods.Sum(ask => ask.Offered);
        var unit = meant.Goods.Select(ask => ask.Unit).Distinct().ToList() is [var one] ? one : "";
        var answer = meant.Goods.Count == 0 ? new AnswerText(TextMeaning.Unclear) : AnswerText.Of(meant.Said, total, unit);
        if (answer.Meaning is not (TextMeaning.Confirm or TextMeaning.Less or TextMeaning.Decline) || (answer.Meaning == TextMeaning.Less && unit.Length == 0))
        {
            return new Done(TextOutcome.Unclear, Reply: new Reply("text-unclear", new() { ["asks"] = string.Join(", ", asks.Select(ask => ask.ToString()).Distinct()) }));
        }

        var left = answer.Meaning switch { TextMeaning.Confirm => total, TextMeaning.Less => answer.Amount, _ => 0 };
        var (households, accounts) = (services.GetRequiredService<IHouseholds>(), services.GetRequiredService<ILotAccounts>());
        foreach (var ask in meant.Goods)
        {
            var part = Math.Min(left, ask.Offered);
            left -= part;
            var given = new PromiseAnswer(part, part == 0 ? "By short message." : null);
            if ((await AnswerPromise.Decide(ask.Id, given, database, households, accounts, cancel)).Refusal is not null)
            {
                return null;
            }
        }

        return await Told(sender, meant.Goods, answer.Meaning == TextMeaning.Less ? answer.Amount : total, unit, answer.Meaning, database, cancel);
    }

    private static async Task<Done> Told(
        Household sender, IReadOnlyList<Ask> goods, long amount, string unit, TextMeaning meaning, Database database, CancellationToken cancel)
    {
        var taken = (await database.List<string>($"""
            select undo_code from orders.inbound_text where household_id = {sender.Id} and undo_code is not null and undone_at is null
            """, cancel)).ToHashSet(StringComparer.Ordinal);
        string code;
        do
        {
            code = RandomNumberGenerator.GetInt32(1_000, 10_000).ToString(System.Globalization.CultureInfo.InvariantCulture);
        }
        while (taken.Contains(code));

        var outcome = meaning switch { TextMeaning.Confirm => TextOutcome.Confirmed, TextMeaning.Less => TextOutcome.Less, _ => TextOutcome.Declined };
        var values = new Dictionary<string, string> { ["order"] = goods[0].Number, ["code"] = code };
        if (outcome != TextOutcome.Declined)
        {
            values["quantity"] = unit.Length > 0 ? new Quantity(amount, unit).ToString() : string.Join(", ", goods.Select(ask => ask.ToString()));
        }

        return new Done(outcome, goods[0].Order, [.. goods.Select(ask => ask.Id)], code, goods.Min(ask => ask.AnswerBy),
            new Reply(outcome == TextOutcome.Declined ? "text-declined" : "text-confirmed", values));
    }

    /// <summary>Asks again what an earlier text answered, if nobody else was asked for it meanwhile.</summary>
    private static async Task<Done?> Undo(Household sender, string code, Database database, ILotAccounts accounts, CancellationToken cancel)
    {
        var wrong = new Done(TextOutcome.WrongCode, Reply: new Reply("text-wrong-code", []));
        if (await database.Value<long>($"""
            select count(*) from orders.inbound_text where household_id = {sender.Id} and outcome = 'wrong_code' and received_at > kernel.now() - interval '1 hour'
            """, cancel) >= MostWrongCodes
            || await database.Find<Answered>($"""
            select t.id, t.order_id as "order", o.number, t.undo_until > kernel.now() and o.stage in ('confirming', 'firm') as in_time
              from orders.inbound_text t join orders.purchase_order o on o.id = t.order_id
             where t.household_id = {sender.Id} and t.undo_code = {code} and t.undone_at is null for update of o, t
            """, cancel) is not { } answered)
        {
            return wrong;
        }

        // With the order's row locked no round asks others while this looks whether they were asked already.
        var promises = answered.InTime ? await database.List<Given>($"""
            select p.id, p.lot_id as lot, p.offered, p.unit, p.amount, p.stage in ('confirmed', 'declined') and p.answer_by > kernel.now()
                   and sum(p.offered - p.amount) over (partition by p.line_id) <= l.amount - (
                       select coalesce(sum(case q.stage when 'offered' then q.offered else q.amount + q.tendered end), 0) from orders.promise q where q.line_id = l.id)
                   as can
              from orders.texted_promise g join orders.promise p on p.id = g.promise_id join orders.order_line l on l.id = p.line_id
             where g.text_id = {answered.Id} order by p.id
            """, cancel) : [];
        var promised = LotParts.Of(promises.Select(promise => (promise.Lot, promise.Amount)));
        if (promises.Count == 0 || promises.Exists(promise => !promise.Can)
            || (promised.Count > 0 && await accounts.Unpromise(answered.Order.Value, promised, cancel) is not null)
            || await accounts.Reserve(answered.Order.Value, LotParts.Of(promises.Select(promise => (promise.Lot, promise.Offered))), cancel) is not null)
        {
            return null;
        }

        await database.Execute($"update orders.inbound_text set undone_at = kernel.now() where id = {answered.Id}", cancel);
        await database.Execute($"""
            with again as (
                update orders.promise set stage = 'offered', confirmed = null, amount = 0, reason = null, answered_at = null, answered_by = null
                 where id = any({promises.Select(promise => promise.Id).ToArray()}) returning id)
            select kernel.append(again.id, {nameof(PromiseReopened)}, payload)
              from again join unnest({promises.Select(promise => promise.Id).ToArray()}, {promises.Select(promise => Event.Text(new PromiseReopened(
                  promise.Id, answered.Order, promise.Lot, sender.Id, new Quantity(promise.Offered, promise.Unit)))).ToArray()}) as one (id, payload) on one.id = again.id
            """, cancel);
        return new Done(TextOutcome.Undone, answered.Order, Reply: new Reply("text-undone", new() { ["order"] = answered.Number }));
    }

    private sealed record Household(PersonId Person, HouseholdId Id);

    private sealed record Reply(string Template, Dictionary<string, string> Values);

    private sealed record Done(
        TextOutcome Outcome, PurchaseOrderId? Order = null, IReadOnlyList<PromiseId>? Answered = null, string? Code = null, DateTimeOffset? Until = null,
        Reply? Reply = null)
    {
        public IReadOnlyList<PromiseId> Promises => Answered ?? [];
    }

    private sealed record Answered(Guid Id, PurchaseOrderId Order, string Number, bool InTime);

    private sealed record Given(PromiseId Id, LotId Lot, long Offered, string Unit, long Amount, bool Can);
}

/// <summary>One thing a household is asked for.</summary>
internal sealed record Ask(PromiseId Id, PurchaseOrderId Order, string Number, ProductCode Product, long Offered, string Unit, DateTimeOffset AnswerBy)
{
    public override string ToString() => $"{Product} {new Quantity(Offered, Unit)}";
}
