using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Orders.Promises;

/// <summary>A household's answer.</summary>
/// <param name="Amount">What it promises, in the promise's unit: all that was asked, less, or 0 to decline.</param>
/// <param name="Reason">Required when declining; 2 to 500 characters.</param>
public sealed record PromiseAnswer([Range(0L, Quantity.Largest)] long Amount, [TextLength(500, MinimumLength = 2)] string? Reason = null);

/// <summary>Answers what a household was asked.</summary>
public static class AnswerPromise
{
    internal static void Map(RouteGroupBuilder promises) => promises.MapPost("/{id}/answer", Handle).WithName("answerPromise").InPersonOnly()
        .Requires(Role.Producer, Role.VillageAgent, Role.CooperativeManager).Moves();

    /// <summary>Answer a promise.</summary>
    /// <remarks>By the household or its agent, once. What is not promised goes back to the lot and is asked of others. 400 <c>above-offer</c>,
    /// <c>reason-required</c>; 409 <c>already-answered</c>, <c>too-late</c>.</remarks>
    public static async Task<Results<Ok<PromiseDetails>, ProblemHttpResult>> Handle(
        PromiseId id, PromiseAnswer answer, Database database, IHouseholds households, ILotAccounts accounts, CancellationToken cancel) =>
        Kernel.Http.Answer.Ok(await Decide(id, answer, database, households, accounts, cancel));

    internal static async Task<Outcome<PromiseDetails>> Decide(
        PromiseId id, PromiseAnswer answer, Database database, IHouseholds households, ILotAccounts accounts, CancellationToken cancel)
    {
        var promise = await ListPromises.Find(id, database, cancel);
        if (promise?.Household is not { } household || (await households.ToActFor(household, cancel)).Refusal is not null)
        {
            return Refusal.NotFound;
        }

        if (answer.Amount > promise.Offered)
        {
            return Refusal.Invalid("#/amount", "above-offer", "This is more than was asked for.");
        }

        if (answer is { Amount: 0, Reason: null })
        {
            return Refusal.Invalid("#/reason", "reason-required", "Say why nothing can be promised.");
        }

        var stage = Promise.Next(PromiseStage.Offered, answer.Amount > 0 ? PromiseStep.Confirm : PromiseStep.Decline)!.Value;
        var price = new UnitPrice(promise.Price, promise.Currency, promise.Per);
        var answered = new PromiseAnswered(id, promise.Order, promise.Lot, household, new Quantity(answer.Amount, promise.Unit), price);

        // The row decides between two answers, and between an answer and the deadline: whoever writes it first.
        var written = await database.Execute($"""
            with moved as (
                update orders.promise set stage = {stage}, confirmed = {answer.Amount}, amount = {answer.Amount}, reason = {answer.Reason},
                       answered_at = kernel.now(), answered_by = {database.Actor.Person}
                 where id = {id} and stage = 'offered' and answer_by > kernel.now()
                returning id)
            select kernel.append(id, {nameof(PromiseAnswered)}, {Event.Text(answered)}) from moved
            """, cancel);
        if (written == 0)
        {
            var now = await database.Value<string>($"select stage::text from orders.promise where id = {id}", cancel);
            return now is "offered" or "silent"
                ? new Refusal("too-late", "The time to answer is over.")
                : new Refusal("already-answered", "This was answered before.");
        }

        if (answer.Amount > 0 && await accounts.Promise(promise.Order.Value, [new LotPart(promise.Lot, answer.Amount)], cancel) is { } refused)
        {
            return refused;
        }

        if (answer.Amount < promise.Offered
            && await accounts.Release(promise.Order.Value, [new LotPart(promise.Lot, promise.Offered - answer.Amount)], cancel) is { } kept)
        {
            return kept;
        }

        return (await ListPromises.Find(id, database, cancel))!.Details(showHousehold: true);
    }
}
