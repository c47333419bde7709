using System.CommandLine;
using Marketplace.Cli.Audit;
using Marketplace.Cli.Allocations;
using Marketplace.Cli.Demo;
using Marketplace.Cli.Draws;
using Marketplace.Cli.Import;
using Marketplace.Cli.Labels;

var root = new RootCommand("The command line of the marketplace: an HTTP client of its API, and the checks that need no network.")
{
    DemoCommand.Build(),
    ImportCommand.Build(),
    VerifyCommand.Build(),
    AllocateCommand.Build(),
    DrawCommand.Build(),
    AuditCommand.Build(),
};
return await root.Parse(args).InvokeAsync();
