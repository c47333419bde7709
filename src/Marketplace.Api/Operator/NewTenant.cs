using Marketplace.Contracts;
using Marketplace.Identity.SecondFactors;
using Marketplace.Kernel;
using Npgsql;

namespace Marketplace.Api.Operator;

/// <summary>
/// Makes an operator of the platform with its first two administrators, since roles are given by two. Run where the database's owner may be
/// reached: <c>--new-tenant turkistan "Turkistan oblast" KZ +77010000001 +77010000002</c>. Everything after it goes through the API.
/// </summary>
internal static class NewTenant
{
    /// <summary>Prints one enrolment code per administrator; 2 when the words are wrong or the tenant exists.</summary>
    public static async Task<int> Make(string id, string name, string country, string[] phones, DatabaseHome home, IServiceProvider services)
    {
        var numbers = phones.Select(phone => Telephone.Normal(phone, country)).ToList();
        if (home.Owner is null || country is not ("KZ" or "KG") || numbers.Contains(null) || numbers.Distinct(StringComparer.Ordinal).Count() != 2)
        {
            await Console.Error.WriteLineAsync("Usage: --new-tenant ID NAME KZ|KG TELEPHONE TELEPHONE, two different telephones, with the database's owner.");
            return 2;
        }

        await using (var owner = new NpgsqlConnection(home.Owner))
        {
            await owner.OpenAsync();
            await using var make = new NpgsqlCommand("insert into kernel.tenant (id, name, country, currency) values ($1, $2, $3, $4) on conflict do nothing", owner);
            foreach (var value in (string[])[id, name, country, country == "KZ" ? "KZT" : "KGS"])
            {
                make.Parameters.AddWithValue(value);
            }

            if (await make.ExecuteNonQueryAsync() == 0)
            {
                await Console.Error.WriteLineAsync("There is such a tenant already.");
                return 2;
            }
        }

        await using var scope = services.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<CurrentActor>().Value = Actor.System(id);
        var people = scope.ServiceProvider.GetRequiredService<IPeople>();
        var database = scope.ServiceProvider.GetRequiredService<Database>();
        foreach (var phone in numbers)
        {
            var person = await people.OfPhone(phone!, CancellationToken.None);
            await people.Grant(person, Role.PlatformAdministrator, null, null, null, CancellationToken.None);
            var code = await InviteToEnrol.Invite(
                person, database, scope.ServiceProvider.GetRequiredService<Secrets>(), scope.ServiceProvider.GetRequiredService<TimeProvider>(),
                CancellationToken.None);
            Console.WriteLine($"{phone} enrols a second factor within seven days with {code.Value!.Code}");
        }

        await database.Commit(CancellationToken.None);
        return 0;
    }
}
