//! Mail on Cloudflare Workers: the `send_email` binding, or SMTP over a socket. `mail::smtp` has the
//! protocol, `mail.mjs` streams and timeouts.

use wasm_bindgen::prelude::*;
use worker::js_sys::{Promise, Reflect, Uint8Array};

use crate::mail::compose::{SENDER_NAME, check};
use crate::mail::smtp::{Smtp, Wire, WireError, submit};
use crate::{LocalFuture, Mail, MailError, MailMessage, MailSettings, Transport};

use super::task::Reply;

#[wasm_bindgen(module = "/src/cloudflare/mail.mjs")]
extern "C" {
    /// A promise of a connection, with TLS from the start or later.
    #[wasm_bindgen(js_name = openConnection)]
    fn open_connection(host: &str, port: u16, is_tls: bool) -> Promise;
    #[wasm_bindgen(js_name = writeTo)]
    fn write_to(connection: &JsValue, bytes: Uint8Array) -> Promise;
    /// A promise of bytes: none when the server has closed.
    #[wasm_bindgen(js_name = readFrom)]
    fn read_from(connection: &JsValue) -> Promise;
    fn secure(connection: &JsValue) -> Promise;
    #[wasm_bindgen(js_name = closeConnection)]
    fn close_connection(connection: &JsValue);
    #[wasm_bindgen(js_name = sendByBinding)]
    fn send_by_binding(
        binding: &JsValue,
        name: &str,
        from: &str,
        to: &str,
        subject: &str,
        text: &str,
        html: &str,
    ) -> Promise;
}

/// The way that the settings name; `binding` is `EMAIL`.
pub fn mail(settings: Option<&MailSettings>, binding: JsValue) -> Box<dyn Mail> {
    match settings {
        None => Box::new(Off),
        Some(settings) => {
            let from = settings.from.clone();
            match &settings.transport {
                Transport::Off => Box::new(Off),
                Transport::Binding => Box::new(Binding { binding, from }),
                Transport::Smtp(smtp) => Box::new(Submission {
                    smtp: smtp.clone(),
                    from,
                }),
            }
        }
    }
}

/// Mail is switched off.
struct Off;

impl Mail for Off {
    fn is_set_up(&self) -> bool {
        false
    }

    fn send<'a>(&'a self, _: &'a MailMessage) -> LocalFuture<'a, Result<(), MailError>> {
        Box::pin(async {
            let why = "mail is switched off (MAIL_TRANSPORT)".to_owned();
            Err(MailError::Permanent(why))
        })
    }
}

/// The `send_email` binding.
struct Binding {
    binding: JsValue,
    from: String,
}

impl Mail for Binding {
    fn send<'a>(&'a self, message: &'a MailMessage) -> LocalFuture<'a, Result<(), MailError>> {
        Box::pin(async move {
            check(message)?;
            let MailMessage {
                to,
                subject,
                text,
                html,
                ..
            } = message;
            let promise = send_by_binding(
                &self.binding,
                SENDER_NAME,
                &self.from,
                to,
                subject,
                text,
                html,
            );
            let answer = Reply::of(&promise).await;
            answer.map(|_| ()).map_err(|error| {
                let code = Reflect::get(&error, &"code".into()).ok();
                MailError::of_binding(code.and_then(|code| code.as_string()).as_deref())
            })
        })
    }
}

/// A mail server.
struct Submission {
    smtp: Smtp,
    from: String,
}

impl Mail for Submission {
    fn send<'a>(&'a self, message: &'a MailMessage) -> LocalFuture<'a, Result<(), MailError>> {
        Box::pin(async move {
            let Smtp {
                host, port, is_tls, ..
            } = &self.smtp;
            // A connection for each message: one that is kept open belongs to the request that made it.
            let mut socket = Socket(settled(&open_connection(host, *port, *is_tls)).await?);
            submit(&mut socket, &self.smtp, &self.from, message).await
        })
    }
}

/// A connection, closed when it is dropped.
struct Socket(JsValue);

impl Wire for Socket {
    fn write<'a>(&'a mut self, bytes: &'a [u8]) -> LocalFuture<'a, Result<(), WireError>> {
        let promise = write_to(&self.0, Uint8Array::from(bytes));
        Box::pin(async move { settled(&promise).await.map(|_| ()) })
    }

    fn read(&mut self) -> LocalFuture<'_, Result<Vec<u8>, WireError>> {
        let promise = read_from(&self.0);
        Box::pin(async move {
            let bytes = settled(&promise).await?;
            Ok(Uint8Array::new(&bytes).to_vec())
        })
    }

    fn secure(&mut self) -> LocalFuture<'_, Result<(), WireError>> {
        let promise = secure(&self.0);
        Box::pin(async move { settled(&promise).await.map(|_| ()) })
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        close_connection(&self.0);
    }
}

async fn settled(promise: &Promise) -> Result<JsValue, WireError> {
    Reply::of(promise).await.map_err(|error| {
        let message = Reflect::get(&error, &"message".into()).ok();
        WireError(message.and_then(|m| m.as_string()).unwrap_or_default())
    })
}
