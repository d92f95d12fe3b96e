using System.Net;
using Crosswire.Server;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

const int Stopped = 0;
const int WrongUsage = 2;

Settings settings;
try
{
    settings = Settings.Read(args);
}
catch (FormatException mistake)
{
    Console.Error.WriteLine(mistake.Message);
    return WrongUsage;
}

var builder = WebApplication.CreateSlimBuilder();
builder.Logging.ClearProviders();
builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromMilliseconds(500));
await using var app = builder.Build();
var house = new House(settings);
app.UseWebSockets();
app.Run(house.ServeAsync);
app.Lifetime.ApplicationStopping.Register(house.Close);
await app.StartAsync();

var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
Console.WriteLine(Ready.Line(address.Replace("http://", "ws://", StringComparison.Ordinal), settings));

// Whoever started the server has gone when standard input ends.
var input = Console.OpenStandardInput().CopyToAsync(Stream.Null);
await Task.WhenAny(input, app.WaitForShutdownAsync());
await app.StopAsync();
return Stopped;
