// What may be the id of a client, of whichever kind. Apart from what is known of the kinds (client-id.ts), which bring their forms along.

const CLIENT_ID = /^[\x21-\x7e]{1,256}$/

export const isClientId = (value: string): boolean => CLIENT_ID.test(value)
