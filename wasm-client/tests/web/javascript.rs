//! The client as JavaScript sees it: what `just build-wasm` has built, loaded as its users load it. The tests themselves
//! are in `javascript.js`; each has a row here.

use super::support::{Server, within};
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen(module = "/tests/web/javascript.js")]
extern "C" {
    #[wasm_bindgen(catch)]
    async fn run(name: &str, url: &str, control: &str) -> Result<JsValue, JsValue>;
    fn names() -> Vec<String>;
}

macro_rules! rows {
    ($($name:ident)*) => {
        $(#[wasm_bindgen_test]
        async fn $name() {
            let server = Server::find().await;
            if let Err(thrown) = within(run(stringify!($name), &server.url, &server.control)).await {
                wasm_bindgen::throw_val(thrown);
            }
        })*

        #[wasm_bindgen_test]
        fn every_test_in_javascript_has_a_row() {
            assert_eq!(names(), [$(stringify!($name)),*]);
        }
    };
}

rows! {
    opens_sends_and_closes
    reads_with_a_loop
    a_loop_that_was_left_can_be_gone_on_with
    several_next_at_once_are_answered_in_order
    reads_with_listeners
    listeners_are_given_what_came_before_them
    listeners_that_come_after_the_end_are_given_the_rest
    a_listener_that_throws_stops_nobody
    one_connection_has_one_way_of_reading
    takes_every_kind_of_message
    sends_without_waiting_stay_in_order
    a_send_waits_for_room
    fails_with_errors_that_programs_can_tell_apart
    mistakes_are_type_errors
    lives_without_its_object
    is_what_its_declarations_say
    is_loaded_by_a_classic_script
}
