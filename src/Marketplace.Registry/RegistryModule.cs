using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Marketplace.Registry.Consents;
using Marketplace.Registry.Households;
using Marketplace.Registry.Organisations;
using Marketplace.Registry.Territories;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;
using Npgsql;

namespace Marketplace.Registry;

/// <summary>Territories, households with their consents and agents, organisations.</summary>
public static class RegistryModule
{
    /// <summary>Adds what the module needs and offers.</summary>
    public static IServiceCollection AddRegistry(this IServiceCollection services)
    {
        services.AddValidation();
        services.AddScoped<ITerritories, AskTerritories>();
        services.AddScoped<IHouseholds, AskHouseholds>();
        services.AddScoped<IOrganisations, AskOrganisations>();
        services.AddSingleton<HouseholdClock>();
        services.AddHostedService(provider => provider.GetRequiredService<HouseholdClock>());
        services.ConfigureAll<OpenApiOptions>(options => options.AddSchemaTransformer((schema, context, _) =>
        {
            if (context.JsonTypeInfo.Type == typeof(NationalNumber) || context.JsonTypeInfo.Type == typeof(NationalNumber?))
            {
                schema.Type = JsonSchemaType.String;
                schema.MaxLength = 20;
            }

            return Task.CompletedTask;
        }));
        foreach (var (code, sentence) in (ReadOnlySpan<(string, string)>)
        [
            ("own-household", "Nobody decides on a household of their own or one they registered."),
            ("already-registered", "This person already heads a household."),
            ("number-known", "This national number was registered at the same moment; send it again."),
            ("agent-already-appointed", "This agent already acts for the household; revoke first."),
            ("bin-taken", "An organisation with this BIN is registered already."),
            ("not-the-applicant", "Only a manager of the co-operative that was named accepts a household."),
            ("fee-without-duty", "Only a co-operative takes a fee as applicant of record."),
        ])
        {
            services.AddSingleton(new ConstraintRefusal(code, sentence));
        }

        return services;
    }

    /// <summary>Maps the module's routes.</summary>
    public static void MapRegistry(this IEndpointRouteBuilder routes)
    {
        var territories = routes.Noun("/territories", "Territories");
        SearchTerritories.Map(territories);
        ReadTerritory.Map(territories);
        ListConsentTexts.Map(routes.Noun("/consent-texts", "Households"));

        var households = routes.Noun("/households", "Households");
        RegisterHousehold.Map(households);
        ListHouseholds.Map(households);
        ReadHousehold.Map(households);
        ResubmitHousehold.Map(households);
        ConfirmHousehold.Map(households);
        ReturnHousehold.Map(households);
        ReviewMerge.Map(households);
        AppointAgent.Map(households);
        RevokeAgent.Map(households);
        ChangePayoutAccount.Map(households);
        ChooseApplicant.Map(households);
        DeclareHoldings.Map(households);
        ConfirmHoldings.Map(households);
        AcceptHousehold.Map(households);

        var organisations = routes.Noun("/organisations", "Organisations");
        RegisterOrganisation.Map(organisations);
        ListOrganisations.Map(organisations);
        ReadOrganisation.Map(organisations);
    }

    /// <summary>Loads the territory tree when the table is empty; safe to repeat and to call from several instances at once.</summary>
    /// <param name="ownerConnection">A connection string of the role that owns the schema.</param>
    /// <returns>How many territories were loaded; 0 when they were there.</returns>
    public static async Task<int> LoadReferenceData(string ownerConnection, CancellationToken cancel)
    {
        await using var owner = new NpgsqlConnection(ownerConnection);
        await owner.OpenAsync(cancel);
        return await ReferenceData.Load(owner, cancel);
    }
}
