// Names of grants and of token types, as the standards write them.

export const CODE = 'authorization_code'
export const CLIENT_CREDENTIALS = 'client_credentials'
export const REFRESH = 'refresh_token'
/** RFC 8628 section 3.4. */
export const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code'
/** RFC 8693 section 2.1. */
export const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'

/** RFC 7523 section 2.2. */
export const JWT_ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** RFC 8693 section 3. */
export const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'
export const ID_TOKEN = 'urn:ietf:params:oauth:token-type:id_token'
export const JWT = 'urn:ietf:params:oauth:token-type:jwt'
/** Ours. */
export const VIRTUAL_KEY = 'urn:sallyport:params:oauth:token-type:virtual-key'

/** RFC 9396: what a session is declared to be for. */
export const TASK = 'sallyport_task'
