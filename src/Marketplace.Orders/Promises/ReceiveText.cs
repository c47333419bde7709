using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Orders.Promises;

/// <summary>A short message somebody sent to the platform's number.</summary>
/// <param name="Id">The gateway's id of the message, 1 to 100 characters; the same id again is the same message.</param>
/// <param name="From">The sender's telephone in E.164.</param>
/// <param name="Text">As it came; 1 to 1,000 characters.</param>
public sealed record ReceivedText(
    [TextLength(100, MinimumLength = 1)] string Id, [RegularExpression("^\\+[0-9]{6,15}$")] string From, [TextLength(1000, MinimumLength = 1)] string Text);

/// <summary>What was made of a message.</summary>
[DatabaseEnum("orders.text_outcome")]
public enum TextOutcome
{
    /// <summary>All that was asked is promised.</summary>
    Confirmed,

    /// <summary>A part of it is promised.</summary>
    Less,

    /// <summary>Nothing is promised.</summary>
    Declined,

    /// <summary>An earlier answer was taken back; the household is asked as before.</summary>
    Undone,

    /// <summary>It was not certain what was meant: nothing was done, and the sender was asked.</summary>
    Unclear,

    /// <summary>Nothing waits for an answer of the sender.</summary>
    NothingAsked,

    /// <summary>The time is over, or others were asked for the goods meanwhile.</summary>
    TooLate,

    /// <summary>No answer can be undone with this code.</summary>
    WrongCode,

    /// <summary>Nobody is known by this telephone; nothing is sent back.</summary>
    UnknownSender,
}

/// <summary>The message and what was made of it.</summary>
/// <param name="Id">The gateway's id.</param>
/// <param name="Outcome">What was done.</param>
public sealed record TextReceipt(string Id, TextOutcome Outcome);

/// <summary>POST /v1/texts.</summary>
public static class ReceiveText
{
    internal static void Map(RouteGroupBuilder texts) => texts.MapPost("", Handle).WithName("receiveText").Requires(Role.MessageGateway);

    /// <summary>Hand in a short message that arrived.</summary>
    /// <remarks>For the operator's message gateway. Yes, no, how much and undo with the code of the reply are understood in Kazakh, Kyrgyz and Russian, in
    /// Cyrillic or Latin letters; what leaves a doubt does nothing and is asked back. Every reply goes out as a message of its own. A repeated id is answered
    /// with the first outcome.</remarks>
    public static async Task<Results<Ok<TextReceipt>, ProblemHttpResult>> Handle(
        ReceivedText received, CurrentActor gateway, TextAnswers answers, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(received);
        ArgumentNullException.ThrowIfNull(gateway);
        ArgumentNullException.ThrowIfNull(answers);
        return TypedResults.Ok(new TextReceipt(received.Id, await answers.Take(gateway.Value.Tenant, received, cancel)));
    }
}
