// What a stage may be called: the same for the configuration and the command line. The names of its functions, roles and secrets are made
// of it.

const STAGE = /^[a-z][a-z0-9-]{0,14}[a-z0-9]$/

export const STAGE_RULE = '2 to 16 of a-z, 0-9 and -, starting with a letter, such as "prod"'

export const isStageName = (name: string): boolean => STAGE.test(name)
