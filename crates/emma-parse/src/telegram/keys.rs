//! The words Telegram Desktop writes, as far as known. A word that is not here is reported and
//! its value kept raw.

/// Types of chats.
pub(super) const CHAT_TYPES: [&str; 10] = [
    "bot_chat",
    "personal_chat",
    "private_channel",
    "private_group",
    "private_supergroup",
    "public_channel",
    "public_supergroup",
    "replies",
    "saved_messages",
    "verify_codes",
];

/// Types of attached media.
pub(super) const MEDIA_TYPES: [&str; 6] =
    ["animation", "audio_file", "sticker", "video_file", "video_message", "voice_message"];

/// Keys that only a message sent by somebody has, never a service message.
pub(super) const MESSAGE_ONLY: [&str; 10] = [
    "file",
    "forwarded_from",
    "from",
    "from_id",
    "media_type",
    "mime_type",
    "poll",
    "saved_from",
    "sticker_emoji",
    "via_bot",
];

/// Keys of messages and service messages, sorted.
#[rustfmt::skip]
pub(super) const MESSAGE: [&str; 112] = [
    "action", "actor", "actor_id", "address", "amount", "author", "boost_peer_id", "boosts",
    "button_id", "charge_id", "contact_information", "contact_vcard", "contact_vcard_file_size",
    "cost", "currency", "date", "date_unixtime", "days", "discard_reason", "distance", "duration",
    "duration_seconds", "edited", "edited_unixtime", "effect", "emoticon", "file", "file_name",
    "file_size", "forwarded_date", "forwarded_date_unixtime", "forwarded_from",
    "forwarded_from_id", "from", "from_id", "game_description", "game_link", "game_message_id",
    "game_title", "gift_code", "gift_id", "gift_text", "giveaway_information", "giveaway_results",
    "height", "hours", "id", "information_text", "inline_bot_buttons", "inviter",
    "invoice_information", "is_anonymous", "is_limited", "is_recurring", "label",
    "live_location_period_seconds", "location_information", "media_spoiler", "media_type",
    "members", "message_id", "method", "mime_type", "months", "new_icon_emoji_id", "new_title",
    "nft", "paid_media", "paid_messages_count", "paid_stars_amount", "peer_id", "performer",
    "period", "photo", "photo_file_size", "place_name", "poll", "prize_stars", "reactions",
    "reason_app_id", "reason_app_name", "reason_domain", "reason_type", "recurring_used",
    "reply_to_message_id", "reply_to_peer_id", "same_wallpaper", "saved_from", "schedule_date",
    "score", "self_destruct_period_seconds", "series", "slug", "stars", "sticker_emoji",
    "story_id", "text", "text_entities", "thumbnail", "thumbnail_file_size", "title", "todo_list",
    "transaction_id", "type", "unclaimed", "username", "values", "via_bot", "wallpaper",
    "web_page", "width", "winners",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_sorted_for_binary_search() {
        assert!(MESSAGE.is_sorted() && MESSAGE_ONLY.is_sorted());
        assert!(CHAT_TYPES.is_sorted() && MEDIA_TYPES.is_sorted());
        assert!(MESSAGE_ONLY.iter().all(|key| MESSAGE.binary_search(key).is_ok()));
    }
}
