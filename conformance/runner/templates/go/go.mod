module crosswire/clients/{{name}}

go 1.21
