int mp_placeholder;
