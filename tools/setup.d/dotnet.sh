# shellcheck shell=bash disable=SC2034 # read by tools/setup
# The .NET SDK that conformance/clients/csharp/global.json asks for, or a newer one of its major version.

without='the C# client and server cannot be built or tested'

channel=$(sed -n 's/.*"version": *"\([0-9]*\.[0-9]*\)\..*/\1/p' conformance/clients/csharp/global.json)
install_script=https://dot.net/v1/dotnet-install.sh
own_folder=$PWD/.tools/dotnet

# dotnet itself knows what rolls forward to what: in this folder it answers only where it has such an SDK.
is_there() {
    command -v dotnet >/dev/null && (cd conformance/clients/csharp && dotnet --version) >/dev/null 2>&1
}

# Only into .tools, which git ignores: nothing is installed for the user or the system. The script is Microsoft's; it
# downloads some 200 MB.
bring() {
    command -v curl >/dev/null || return 1
    local script code=0
    script=$(mktemp)
    if curl --proto '=https' --tlsv1.2 --silent --show-error --fail --location --max-time 60 --output "$script" "$install_script"; then
        say "installing the .NET SDK $channel into .tools with dotnet-install.sh"
        timeout --kill-after=10 900 bash "$script" --channel "$channel" --install-dir "$own_folder" --no-path >&2 </dev/null || code=1
    else
        code=1
    fi
    rm -f "$script"
    PATH=$PATH:$own_folder
    return "$code"
}

by_hand() {
    case $(uname -s) in
    Darwin) echo 'brew install dotnet-sdk' ;;
    *) echo "curl -sSL $install_script | bash -s -- --channel $channel   (it lands in ~/.dotnet)" ;;
    esac
}
